import { once } from "node:events";
import { createServer } from "node:net";
import { inspect } from "node:util";
import { StorageError, type StorageErrorCode } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import pg from "pg";
import { afterAll, describe, expect, test, vi } from "vitest";
import { openPostgres } from "./open-postgres.ts";

const url = await testDatabase();
const { host, hostname, port, pathname } = new URL(url);
const admin = new pg.Pool({ connectionString: url, max: 2 });
// The database is dropped under connections that are still closing.
admin.on("error", () => undefined);
afterAll(() => admin.end());

describe("opening a Postgres store", () => {
  test("says what is wrong with an address, by code, and never shows the password", async () => {
    const silent = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const silentPort = typeof address === "object" && address !== null ? address.port : 0;
    const cases: [address: string, code: StorageErrorCode, message: RegExp, retryable: boolean][] = [
      ["hunter2", "invalid", /postgres:\/\/user:password@host/, false],
      ["mysql://me:hunter2@localhost/x", "invalid", /postgres:\/\/user:password@host/, false],
      ["postgres://me:hunter2@local host:99999/x", "invalid", /postgres:\/\/user:password@host/, false],
      ["postgres://me:hunter2@127.0.0.1:1/x", "unreachable", /127\.0\.0\.1:1\/x: it cannot be reached .*ECONNREFUSED/, true],
      ["postgres://me:hunter2@no-such-host.invalid/x", "unreachable", /no-such-host\.invalid:5432\/x: it cannot be reached/, true],
      [`postgres://me:hunter2@127.0.0.1:${silentPort}/x`, "unreachable", /it cannot be reached \(.*timeout/, true],
      [`postgres://postgres:hunter2@${host}${pathname}`, "unreachable", /the connection was refused .* check user, password/, false],
      [`postgres://nobody_known:hunter2@${host}${pathname}`, "unreachable", /the connection was refused/, false],
    ];
    for (const [given, code, message, retryable] of cases) {
      const error = await failure(openPostgres(given, { connectionTimeout: given.includes(String(silentPort)) ? 300 : 60_000 }));
      expect(error).toMatchObject({ code, retryable });
      expect(error.message).toMatch(message);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("hunter2");
    }
    silent.close();
    const missing = new URL(url);
    missing.pathname = "/no_such_database";
    expect(await failure(openPostgres(missing.href))).toMatchObject({ code: "unreachable", retryable: false });
  });

  test("asks for nothing as it connects that a pooler does not know, and sets the rest", async () => {
    let asked = "";
    const pooler = createServer((socket) => socket.once("data", (data) => (asked = data.toString("latin1")) && socket.destroy()));
    await once(pooler.listen(0, "127.0.0.1"), "listening");
    const address = pooler.address();
    await failure(openPostgres(`postgres://me:hunter2@127.0.0.1:${typeof address === "object" ? address?.port : 0}/x`));
    pooler.close();
    const parameters = asked
      .slice(8)
      .split("\0")
      .filter((_, index) => index % 2 === 0);
    expect(parameters.filter((name) => name !== "").toSorted()).toEqual(["application_name", "client_encoding", "database", "user"]);
  });

  test("takes an address in parts", async () => {
    const { username, password } = new URL(url);
    const storage = await openPostgres(
      { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) },
      { schema: "parts" },
    );
    expect((await storage.statistics()).versions).toBe(0);
    await storage.close();
  });

  test("refuses timeouts that are none", async () => {
    for (const statementTimeout of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
      expect(await failure(openPostgres(url, { statementTimeout }))).toMatchObject({ code: "invalid" });
  });

  test("refuses schema names that are none", async () => {
    for (const schema of ["", "x".repeat(64), "a\u0000b"])
      expect(await failure(openPostgres(url, { schema }))).toMatchObject({ code: "invalid" });
  });

  test("needs no superuser: a user that may create in the database, or to whom the schema belongs", async () => {
    const role = `plain_${pathname.slice(-8)}`;
    await admin.query(`create role ${role} login password 'pw' nosuperuser nocreatedb nocreaterole`);
    const plain = new URL(url);
    plain.username = role;
    plain.password = "pw";
    expect(await failure(openPostgres(plain.href, { schema: "plain" }))).toMatchObject({ code: "read_only" });
    await admin.query(`create schema plain authorization ${role}`);
    const storage = await openPostgres(plain.href, { schema: "plain" });
    const build = new CommitBuilder();
    expect(await storage.commit(build.commit([build.root()]))).toEqual({ status: "committed" });
    await storage.close();
    await admin.query(`drop schema plain cascade; drop role ${role}`);
  });
});

describe("a Postgres store at work", () => {
  test.each([1, 5])("stores what was under way, once, when its connections are cut (pool of %i)", async (poolSize) => {
    const storage = await openPostgres(url, { schema: `cut_${poolSize}`, poolSize });
    const build = new CommitBuilder();
    const versions = [build.root()];
    await storage.commit(build.commit(versions));
    const ours = "application_name = 'minference' and datname = current_database() and pid <> pg_backend_pid()";
    for (let round = 0; round < 10; round += 1) {
      const under = Array.from({ length: 200 }, () => build.root());
      const outcomes = Promise.allSettled(under.map((version) => storage.commit(build.commit([version]))));
      await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${ours}`);
      expect((await outcomes).filter(({ status }) => status === "rejected")).toEqual([]);
      versions.push(...under);
    }
    const ids = versions.map(({ ecsId }) => ecsId);
    expect(await storage.loadHeaders(ids)).toHaveLength(ids.length);
    expect(await storage.commit(build.commit([build.root()]))).toEqual({ status: "committed" });
    await storage.close();
  });

  test("gives up a statement that waits for longer than it may, with busy", async () => {
    await (await openPostgres(url, { schema: "slow" })).close();
    const storage = await eventually(() => openPostgres(url, { schema: "slow", statementTimeout: 100 }));
    const build = new CommitBuilder();
    const blocker = await admin.connect();
    await blocker.query("begin; lock table slow.version in access exclusive mode");
    const version = build.root();
    expect(await failure(storage.commit(build.commit([version])))).toMatchObject({ code: "busy", retryable: true });
    await blocker.query("rollback");
    blocker.release();
    expect(await eventually(() => storage.commit(build.commit([version])))).toEqual({ status: "committed" });
    await storage.close();
  });

  test("two stores that extend the same lineages at once, in any order, never fail over a deadlock", async () => {
    const stores = await Promise.all([1, 2].map(() => openPostgres(url, { schema: "contended" })));
    const build = new CommitBuilder();
    let tips = Array.from({ length: 20 }, () => build.root());
    await stores[0]?.commit(build.commit(tips));
    for (let round = 0; round < 10; round += 1) {
      const before = tips;
      const rivals = stores.map((_, index) => {
        const next = before.map((tip) => build.next(tip));
        return index === 0 ? next : next.toReversed();
      });
      const outcomes = await Promise.all(stores.map((storage, index) => storage.commit(build.commit(rivals[index] ?? []))));
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["committed", "conflict"]);
      tips = rivals[outcomes.findIndex(({ status }) => status === "committed")] ?? [];
    }
    await Promise.all(stores.map((storage) => storage.close()));
  });

  test("keeps payloads as they were written, and slots in the order of their bytes whatever the database's locale", async () => {
    const { rows } = await admin.query<{ type: string; collation: string | null }>(
      `select data_type as type, collation_name as collation from information_schema.columns
       where table_schema = 'contended' and (table_name, column_name) in (('version', 'payload'), ('edge', 'slot')) order by 1`,
    );
    expect(rows).toEqual([
      { type: "json", collation: null },
      { type: "text", collation: "C" },
    ]);
  });
});

/** Does something that a machine with much else to do may need several attempts for. */
function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
  return vi.waitFor(attempt, { timeout: 60_000 });
}

async function failure(call: Promise<unknown>): Promise<StorageError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!StorageError.is(error)) throw new Error("A StorageError was expected", { cause: error });
  return error;
}
