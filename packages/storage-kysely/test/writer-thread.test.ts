import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Commit, StorageError } from "@minference/ecs";
import BetterSqlite3 from "better-sqlite3";
import { expect, test } from "vitest";
import { openSqlite } from "../src/sqlite/open-sqlite.ts";
import { WriterThread } from "../src/sqlite/writer-thread.ts";
import { commitStatements } from "../src/commit/commit-statements.ts";
import { SqliteSqlDialect } from "../src/sqlite/sqlite-dialect.ts";
import { statementTexts } from "../src/sqlite/writer-statements.ts";
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

test("commits that were issued after a store that failed are carried out, and those that it failed for are told why", async () => {
  const path = join(directory, "failing.db");
  const storage = await openSqlite(path);
  const breaking = new BetterSqlite3(path);
  breaking.exec("create trigger broken before insert on version when new.schema_version = 7 begin select raise(abort, 'no sevens'); end");
  breaking.close();
  const good = Array.from({ length: 20 }, () => commitOf(uuid()));
  const [first, ...others] = Array.from({ length: 20 }, () => commitOf(uuid()));
  if (first === undefined) throw new Error("There is no first commit");
  const bad = { ...first, versions: first.versions.map((version) => ({ ...version, schemaVersion: 7 })) };
  const outcomes = await Promise.allSettled([...good, bad, ...others].map((commit) => storage.commit(commit)));
  const refused = outcomes.filter(({ status }) => status === "rejected");
  expect(refused).toMatchObject([{ reason: { code: "failed", message: expect.stringContaining("no sevens") } }]);
  expect(outcomes[good.length]).toBe(refused[0]);
  expect((await storage.statistics()).commits).toBe(good.length + others.length);
  await storage.close();
});

test("the thread gives the same outcomes as the calling thread: duplicates with their time, conflicts, refusals with their codes", async () => {
  const outcomesOf = async (writerThread: boolean): Promise<readonly unknown[]> => {
    const storage = await openSqlite(join(directory, `outcomes-${writerThread}.db`), { writerThread });
    ids = 1_000;
    const stored = { ...commitOf(uuid()), createdAt: new Date(1_700_000_000_000), idempotencyKey: "once" };
    await storage.commit(stored);
    const [root] = stored.versions;
    if (root === undefined) throw new Error("The commit has no version");
    const next = (parentId: string): Commit => {
      const ecsId = uuid();
      return { ...commitOf(ecsId), versions: [{ ...root, ecsId, parentId, payload: { name: "next" } }] };
    };
    const childless = uuid();
    const orphan = { ...commitOf(childless), versions: [{ ...root, ecsId: childless, parentId: uuid() }] };
    const holder = commitOf(uuid());
    const dangling = {
      ...holder,
      versions: holder.versions.map((version) => ({ ...version, edges: [{ field: "to", slot: "", child: uuid() }] })),
    };
    const asked = [
      next(root.ecsId),
      next(root.ecsId),
      { ...commitOf(uuid()), idempotencyKey: "once" },
      orphan,
      dangling,
      stored,
      commitOf(uuid()),
      commitOf(uuid()),
      commitOf(uuid()),
    ];
    const settled = await Promise.allSettled(asked.map((commit) => storage.commit(commit)));
    await storage.close();
    return settled.map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : StorageError.is(outcome.reason) && [outcome.reason.code, outcome.reason.message],
    );
  };
  const there = await outcomesOf(true);
  expect(there).toEqual(await outcomesOf(false));
  expect(there).toMatchObject([
    { status: "committed" },
    { status: "conflict" },
    { status: "duplicate", createdAt: new Date(1_700_000_000_000) },
    ["unknown_parent", expect.any(String)],
    ["unknown_child", expect.any(String)],
    { status: "duplicate" },
    { status: "committed" },
    { status: "committed" },
    { status: "committed" },
  ]);
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
  const nothing = { name: "", sql: "" };
  const statements = statementTexts(commitStatements(new SqliteSqlDialect()));
  const thread = new WriterThread({ path: join(directory, "none.db"), pragmas: [], lastIds: nothing, statements });
  for (let times = 0; times < 2; times += 1) {
    const error: unknown = await thread.write({ commits: [], looksFirst: false }).catch((reason: unknown) => reason);
    expect(StorageError.is(error) && error.code === "failed" && error.cause).toBeInstanceOf(Error);
  }
  await thread.close();
});

test("the program of the thread loads neither ecs nor Kysely", async () => {
  const loaded = new Set<string>();
  const load = async (file: string): Promise<void> => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = await readFile(file, "utf8");
    for (const [, imported = ""] of text.matchAll(/^import (?!type )[^"]*"([^"]+)"/gm)) {
      if (imported.startsWith(".")) await load(resolve(dirname(file), imported));
      else expect(["better-sqlite3", "node:worker_threads", "node:zlib"]).toContain(imported);
    }
  };
  await load(join(import.meta.dirname, "../src/sqlite/writer-program.ts"));
  expect(loaded.size).toBeGreaterThan(5);
});
