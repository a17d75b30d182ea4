import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, chmod, chown, constants, cp, mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { postgresDirectory } from "./postgres-binaries.ts";
import { isReachable, type UnprivilegedUser, unprivilegedUser } from "./unprivileged-user.ts";

/** A Postgres server of our own. */
export interface RunningPostgres {
  /** Where it is, as a superuser, password included. */
  readonly url: string;
  /** Ends the server at once, without saving anything, as a crash would; {@link RunningPostgres.restart} brings it back. */
  crash(): Promise<void>;
  /** Starts the server again on the same port and data. */
  restart(): Promise<void>;
  /** Ends the server and removes all it has stored. */
  stop(): Promise<void>;
}

/** How to run a server. */
export interface StartOptions {
  /** Whether commits wait for the disk: true (default) for measuring and for crashes, false for tests that only want speed. */
  readonly durable?: boolean;
}

interface Installation {
  readonly binaries: string;
  readonly directory: string;
  readonly data: string;
  readonly user: UnprivilegedUser | null;
}

const run = promisify(execFile);

/** The locale provider that needs nothing of the machine came with version 17. */
async function localeFlags(binaries: string): Promise<string[]> {
  const { stdout } = await run(join(binaries, "bin", "postgres"), ["--version"]);
  const major = Number(/\d+/.exec(stdout)?.[0]);
  return major >= 17 ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : ["--locale=C"];
}

/**
 * Starts a new, empty Postgres on a free port of 127.0.0.1 with a password of its own. It ends, and its data is removed, with
 * `stop` or with this process, however that ends.
 */
export async function startPostgres(options: StartOptions = {}): Promise<RunningPostgres> {
  const password = randomBytes(16).toString("hex");
  const durable = options.durable ?? true;
  const installation = await install(password, durable);
  try {
    const port = await freePort();
    const servers = [await startServer(installation, port, durable)];
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      async crash() {
        await endServer(servers.at(-1), "SIGQUIT");
      },
      async restart() {
        servers.push(await startServer(installation, port, durable));
      },
      async stop() {
        await endServer(servers.at(-1), "SIGINT");
        await uninstall(installation);
        for (const { guard } of servers) guard.stdin.end();
      },
    };
  } catch (error) {
    await uninstall(installation);
    throw error;
  }
}

/** What a server that only wants speed keeps its data in, where there is room: a file system in memory. */
const memory = "/dev/shm";
const leastRoom = 2 ** 31;

async function hasMemory(): Promise<boolean> {
  try {
    await access(memory, constants.W_OK);
    const { bavail, bsize } = await statfs(memory);
    return bavail * bsize >= leastRoom;
  } catch {
    return false;
  }
}

async function uninstall({ data, directory }: Pick<Installation, "data" | "directory">): Promise<void> {
  for (const path of [data, directory]) await rm(path, { recursive: true, force: true });
}

/** Makes an empty database cluster, with binaries and data where the user that will run them can reach them. */
async function install(password: string, durable: boolean): Promise<Installation> {
  const user = await unprivilegedUser();
  const parent = user === null || (await isReachable(tmpdir())) ? tmpdir() : "/tmp";
  const directory = await mkdtemp(join(parent, "minference-postgres-"));
  const data = !durable && (await hasMemory()) ? await mkdtemp(join(memory, "minference-postgres-")) : join(directory, "data");
  try {
    await chmod(directory, 0o755);
    let binaries = postgresDirectory();
    if (user !== null && !(await isReachable(binaries))) {
      const copy = join(directory, "native");
      await cp(binaries, copy, { recursive: true, verbatimSymlinks: true });
      binaries = copy;
    }
    const passwordFile = join(directory, "password");
    await writeFile(passwordFile, password, { mode: 0o600 });
    const owned = data.startsWith(directory) ? [directory, passwordFile] : [directory, passwordFile, data];
    if (user !== null) await Promise.all(owned.map((path) => chown(path, user.uid, user.gid)));
    const flags = [
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      ...(await localeFlags(binaries)),
      "--no-sync",
    ];
    await run(join(binaries, "bin", "initdb"), [`--pgdata=${data}`, ...flags], { cwd: directory, ...user });
    await rm(passwordFile);
    return { binaries, directory, data, user };
  } catch (error) {
    await uninstall({ data, directory });
    throw error;
  }
}

/**
 * A shell stands between this process and the server, in a group of its own. When its standard input closes, which happens however
 * this process ends, it ends the server and removes the data.
 */
const guardScript = `
trap '' PIPE
exec 3<&0
"$@" </dev/null & server=$!
(cat <&3 >/dev/null; while kill -INT $server; do sleep 0.1; done) 2>/dev/null & watcher=$!
echo "started $server"
wait $server
echo "ended"
kill $watcher 2>/dev/null
cat <&3 >/dev/null
rm -rf "$DATA" "$DIRECTORY"
`;

interface Server {
  readonly guard: ChildProcessWithoutNullStreams;
  readonly pid: number;
  readonly ended: Promise<void>;
}

async function startServer(installation: Installation, port: number, durable: boolean): Promise<Server> {
  const { binaries, data, directory, user } = installation;
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 200,
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const guard = spawn("/bin/sh", ["-c", guardScript, "guard", join(binaries, "bin", "postgres"), "-D", data, ...flags], {
    cwd: directory,
    detached: true,
    stdio: "pipe",
    env: { ...process.env, DATA: data, DIRECTORY: directory },
    ...user,
  });
  guard.stdin.on("error", () => undefined);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const server = await new Promise<Server>((resolve, reject) => {
    let output = "";
    let ready = false;
    const hear = (text: string) => {
      if (/^ended$/m.test(text)) end();
      if (ready) return;
      output += text;
      const pid = Number(/^started (\d+)$/m.exec(output)?.[1] ?? 0);
      ready = pid > 0 && output.includes("ready to accept connections");
      if (ready) resolve({ guard, pid, ended });
    };
    guard.stdout.setEncoding("utf8").on("data", hear);
    guard.stderr.setEncoding("utf8").on("data", hear);
    guard.once("error", reject);
    void ended.then(() => reject(new Error(`Postgres did not start:\n${output}`)));
  });
  keepAlive(server, false);
  return server;
}

/** Says whether this process waits for the server before it ends by itself. */
function keepAlive({ guard }: Server, alive: boolean): void {
  for (const handle of [guard, guard.stdin, guard.stdout, guard.stderr]) {
    if (!(handle instanceof Socket || handle === guard)) continue;
    if (alive) handle.ref();
    else handle.unref();
  }
}

async function endServer(server: Server | undefined, signal: "SIGINT" | "SIGQUIT"): Promise<void> {
  if (server === undefined) return;
  try {
    process.kill(server.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
  keepAlive(server, true);
  await server.ended;
  keepAlive(server, false);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("No free port was found");
  return address.port;
}
