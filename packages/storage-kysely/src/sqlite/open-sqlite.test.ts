import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StorageError, type StorageErrorCode } from "@minference/ecs";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { testDirectory } from "../../test/databases.ts";
import { openSqlite } from "./open-sqlite.ts";

const directory = testDirectory();
const commitOne = () => {
  const build = new CommitBuilder();
  const version = build.root({ payload: { text: "kept" } });
  return { version, commit: build.commit([version]) };
};

describe("opening a SQLite store", () => {
  test("says what is wrong with a path, by code", async () => {
    const garbage = join(directory, "garbage.db");
    writeFileSync(garbage, "This is a text file, and by no means a database of any kind. ".repeat(100));
    const foreign = join(directory, "foreign.db");
    new BetterSqlite3(foreign).exec("create table version (number text)").close();
    const cases: [path: string, code: StorageErrorCode, message: RegExp][] = [
      ["", "invalid", /path of its file/],
      [join(directory, "missing", "store.db"), "unreachable", /directory/],
      [directory, "unreachable", /cannot be opened/],
      [garbage, "corrupt", /garbage\.db: it is damaged or not a SQLite database/],
      [foreign, "invalid", /holds a table "version" of something else/],
    ];
    for (const [path, code, message] of cases) {
      const error = await failure(openSqlite(path));
      expect(error).toMatchObject({ code });
      expect(error.message).toMatch(message);
    }
    expect(readFileSync(garbage, "utf8")).toMatch(/^This is a text file/);
  });

  test("for reading alone reads, and refuses to commit", async () => {
    const path = join(directory, "reading.db");
    const { version, commit } = commitOne();
    const writer = await openSqlite(path);
    await writer.commit(commit);
    const reader = await openSqlite(path, { readonly: true });
    expect(await reader.loadVersions([version.ecsId])).toMatchObject([{ payload: { text: "kept" } }]);
    expect(await failure(reader.commit({ ...commit, id: version.ecsId }))).toMatchObject({ code: "read_only", retryable: false });
    await reader.close();
    await writer.close();
    expect(await failure(openSqlite(join(directory, "none.db"), { readonly: true }))).toMatchObject({ code: "unreachable" });
  });

  test("a file that may not be written is refused, with the advice to open it for reading", async () => {
    const place = join(directory, "protected");
    mkdirSync(place);
    const path = join(place, "store.db");
    await (await openSqlite(path)).close();
    chmodSync(path, 0o444);
    chmodSync(place, 0o555);
    chmodSync(directory, 0o755);
    const script = `
      import { openSqlite } from ${JSON.stringify(new URL("./open-sqlite.ts", import.meta.url).href)};
      try { await openSqlite(process.argv[1]); console.log("opened"); } catch (error) { console.log(error.code + " " + error.message); }`;
    // To root every file is writable.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const flags = ["--conditions=@minference/source", "--input-type=module", "-e", script, path];
    const { stdout, stderr } = spawnSync(process.execPath, flags, { ...user, encoding: "utf8" });
    chmodSync(place, 0o755);
    expect(stdout + stderr).toMatch(/^read_only SQLite database .*store\.db.*readonly/);
  });

  test("damage that is met later is told as such", async () => {
    const path = join(directory, "damaged.db");
    const storage = await openSqlite(path);
    const build = new CommitBuilder();
    const child = build.root();
    const versions = Array.from({ length: 500 }, (_, index) => build.root({ payload: { index }, edges: [edge("child", "", child)] }));
    await storage.commit(build.commit([child, ...versions]));
    await storage.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 5 * 4096, bytes.length - 4096);
    writeFileSync(path, bytes);
    const codes = new Set<string>();
    try {
      const damaged = await openSqlite(path);
      codes.add((await failure(damaged.loadTrees(versions.map(({ ecsId }) => ecsId)))).code);
      await damaged.close();
    } catch (error) {
      if (!StorageError.is(error)) throw error;
      codes.add(error.code);
    }
    expect([...codes]).toEqual(["corrupt"]);
  });

  test("while another process holds the write lock, a commit waits without blocking and then fails with busy, or succeeds", async () => {
    const path = join(directory, "busy.db");
    const storage = await openSqlite(path, { busyTimeout: 500 });
    const patient = await openSqlite(path, { busyTimeout: 60_000 });
    const other = new BetterSqlite3(path);
    other.exec("begin immediate");
    const { commit, version } = commitOne();
    let turns = 0;
    const beat = setInterval(() => (turns += 1), 1);
    expect(await failure(storage.commit(commit))).toMatchObject({ code: "busy", retryable: true });
    clearInterval(beat);
    expect(turns).toBeGreaterThan(3);
    const retried = patient.commit(commit);
    setTimeout(() => other.exec("rollback"), 20);
    expect(await retried).toEqual({ status: "committed" });
    expect(await storage.loadHeaders([version.ecsId])).toHaveLength(1);
    other.close();
    await patient.close();
    await storage.close();
  });

  test("a person can read the store with the sqlite3 program", async () => {
    const path = join(directory, "readable.db");
    const storage = await openSqlite(path);
    const { version, commit } = commitOne();
    await storage.commit({ ...commit, createdAt: new Date("2030-01-02T03:04:05.678Z"), actor: "me" });
    await storage.close();
    const database = new BetterSqlite3(path, { readonly: true });
    expect(database.prepare("select ecs_id, lineage_id, parent_id, type, payload, created_at, actor from readable_version").all()).toEqual([
      {
        ecs_id: version.ecsId,
        lineage_id: version.lineageId,
        parent_id: null,
        type: "Thing",
        payload: '{"text":"kept"}',
        created_at: "2030-01-02T03:04:05.678Z",
        actor: "me",
      },
    ]);
    expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
    database.close();
  });
});

async function failure(call: Promise<unknown>): Promise<StorageError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!StorageError.is(error)) throw new Error("A StorageError was expected", { cause: error });
  return error;
}
