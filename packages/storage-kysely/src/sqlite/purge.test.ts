import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import { expect, test } from "vitest";
import { testDirectory } from "../../test/databases.ts";
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
