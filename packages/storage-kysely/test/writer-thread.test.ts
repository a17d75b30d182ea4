import { join } from "node:path";
import { type Commit, StorageError } from "@minference/ecs";
import BetterSqlite3 from "better-sqlite3";
import { expect, test } from "vitest";
import { openSqlite } from "../src/sqlite/open-sqlite.ts";
import { WriterThread } from "../src/sqlite/writer-thread.ts";
import type { Request, Work } from "../src/query/work.ts";
import { testDirectory } from "./databases.ts";

const directory = testDirectory();
let ids = 0;

function uuid(): string {
  ids += 1;
  return `00000000-0000-7000-8000-${String(ids).padStart(12, "0")}`;
}

function commitOf(ecsId: string): Commit {
  const version = { ecsId, lineageId: ecsId, type: "Item", schemaVersion: 1, parentId: null, mergeParentId: null };
  return {
    id: uuid(),
    createdAt: new Date(),
    actor: null,
    message: null,
    idempotencyKey: null,
    versions: [{ ...version, payload: { name: ecsId }, edges: [], onStaleParent: "reject" }],
  };
}

function request(sql: string, parameters: readonly unknown[] = []): Request {
  return { name: sql, sql, parameters, each: null };
}

/** Work of one statement after the other. */
function* statements(...requests: readonly Request[]): Work<readonly unknown[]> {
  let rows: readonly unknown[] = [];
  for (const each of requests) {
    const [reply] = yield [each];
    rows = reply?.rows ?? [];
  }
  return rows;
}

function makeTable(path: string): void {
  const database = new BetterSqlite3(path);
  database.pragma("journal_mode = wal");
  database.exec("create table item (name text primary key)");
  database.close();
}

test("many commits at once are each stored or refused alone, and are there to be read when they are answered", async () => {
  const path = join(directory, "many.db");
  const storage = await openSqlite(path);
  const known = uuid();
  await storage.commit(commitOf(known));
  const fresh = Array.from({ length: 200 }, uuid);
  const outcomes = await Promise.allSettled([...fresh, known].map((ecsId) => storage.commit(commitOf(ecsId))));
  expect(outcomes.slice(0, -1).every((outcome) => outcome.status === "fulfilled" && outcome.value.status === "committed")).toBe(true);
  expect(outcomes.at(-1)).toMatchObject({ status: "rejected", reason: { code: "duplicate_id" } });
  expect((await storage.loadHeaders(fresh)).length).toBe(200);
  await storage.close();
  const again = await openSqlite(path, { readonly: true });
  expect((await again.statistics()).versions).toBe(201);
  await again.close();
});

test("a transaction that fails, in SQLite or in the work, leaves nothing, and the next is carried out", async () => {
  const path = join(directory, "failing.db");
  makeTable(path);
  const thread = new WriterThread({ path, pragmas: [] });
  const insert = (name: string): Request => request("insert into item values (?)", [name]);
  await thread.transaction(() => statements(insert("a")));
  await expect(thread.transaction(() => statements(insert("b"), insert("a")))).rejects.toMatchObject({
    code: "SQLITE_CONSTRAINT_PRIMARYKEY",
  });
  const failing = thread.transaction(function* work(): Work<void> {
    yield [insert("c")];
    throw new Error("changed my mind");
  });
  const next = thread.transaction(() => statements(insert("d"), request("select name from item order by name")));
  await expect(failing).rejects.toThrow("changed my mind");
  expect(await next).toEqual([{ name: "a" }, { name: "d" }]);
  await thread.close();
});

test("a writer elsewhere is waited for", async () => {
  const path = join(directory, "busy.db");
  const storage = await openSqlite(path, { busyTimeout: 60_000 });
  const other = new BetterSqlite3(path);
  other.exec("begin immediate");
  const commits = Promise.all(Array.from({ length: 50 }, () => storage.commit(commitOf(uuid()))));
  const early = await Promise.race([commits, new Promise((resolve) => void setTimeout(() => resolve("still waiting"), 50))]);
  expect(early).toBe("still waiting");
  other.exec("commit");
  expect(await commits).toHaveLength(50);
  other.close();
  await storage.close();
});

test("a thread that can't open the file tells so, for each transaction", async () => {
  const thread = new WriterThread({ path: join(directory, "none.db"), pragmas: [] });
  for (let times = 0; times < 2; times += 1) {
    const error: unknown = await thread.transaction(() => statements(request("select 1"))).catch((reason: unknown) => reason);
    expect(StorageError.is(error) && error.code === "failed" && error.cause).toBeInstanceOf(Error);
  }
  await thread.close();
});
