import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import BetterSqlite3 from "better-sqlite3";
import { SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import { testDirectory } from "../../test/databases.ts";
import { openKysely } from "../kysely/open-kysely.ts";
import { openSqlite } from "./open-sqlite.ts";

test("what is redacted is in no byte of the file and its log any more", async () => {
  const path = join(testDirectory(), "redacted.db");
  const storage = await openSqlite(path);
  const build = new CommitBuilder();
  const secret = "the-secret-that-must-go";
  const child = build.root();
  const long = build.root({ payload: { text: `${secret} ${"x".repeat(50_000)} ${secret}` }, edges: [edge("list", secret, child)] });
  const next = build.next(long, { payload: { text: secret } });
  const kept = build.root({ payload: { text: "kept-elsewhere" } });
  await storage.commit(build.commit([child, long, next, kept]));
  const bytes = () => ["", "-wal"].map((suffix) => readFileSync(`${path}${suffix}`, "latin1")).join("");
  expect(bytes()).toContain(secret);
  expect(await storage.redact(long.lineageId)).toBe(2);
  expect(bytes()).not.toContain(secret);
  expect(bytes()).toContain("kept-elsewhere");
  await storage.close();
});

test("while somebody reads what is redacted, redacting fails, and is done again", async () => {
  const path = join(testDirectory(), "read.db");
  const storage = await openSqlite(path, { busyTimeout: 100 });
  const build = new CommitBuilder();
  const secret = "the-secret-that-must-go";
  const first = build.root({ payload: { text: secret } });
  await storage.commit(build.commit([first]));
  const reader = new BetterSqlite3(path, { readonly: true });
  reader.exec("begin");
  reader.prepare("select * from version").all();
  const bytes = () => ["", "-wal"].map((suffix) => readFileSync(`${path}${suffix}`, "latin1")).join("");
  await expect(storage.redact(first.lineageId)).rejects.toMatchObject({
    code: "busy",
    message: expect.stringContaining("still in the log"),
  });
  expect(await storage.loadVersions([first.ecsId])).toMatchObject([{ payload: {}, redacted: true }]);
  expect(bytes()).toContain(secret);
  reader.close();
  expect(await storage.redact(first.lineageId)).toBe(1);
  expect(bytes()).not.toContain(secret);
  await storage.close();
});

test("what is redacted is in no byte of a file behind a Kysely instance", async () => {
  const path = join(testDirectory(), "kysely.db");
  const storage = await openKysely(new SqliteDialect({ database: new BetterSqlite3(path) }), { flavour: "sqlite" });
  const build = new CommitBuilder();
  const secret = "the-secret-that-must-go";
  const first = build.root({ payload: { text: secret.repeat(1_000) } });
  await storage.commit(build.commit([first]));
  expect(readFileSync(path, "latin1")).toContain(secret);
  expect(await storage.redact(first.lineageId)).toBe(1);
  await storage.close();
  expect(readFileSync(path, "latin1")).not.toContain(secret);
});
