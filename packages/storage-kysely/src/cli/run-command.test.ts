import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { testDirectory } from "../../test/databases.ts";
import { openPostgres } from "../postgres/index.ts";
import { openSqlite } from "../sqlite/index.ts";
import { runCommand } from "./run-command.ts";

const directory = testDirectory();
const url = await testDatabase();

async function run(args: readonly string[], input: readonly string[] = [], environment: Record<string, string> = {}) {
  const printed: string[] = [];
  const told: string[] = [];
  const code = await runCommand(args, {
    input: (async function* lines() {
      yield* input;
    })(),
    environment,
    print: async (line) => void printed.push(line),
    tell: (line) => void told.push(line),
  });
  return { code, printed, told: told.join("\n") };
}

describe.each([
  {
    name: "SQLite",
    store: join(directory, "cli.db"),
    other: join(directory, "other.db"),
    flags: [],
    otherFlags: [],
    open: (store: string) => openSqlite(store),
  },
  {
    name: "Postgres",
    store: url,
    other: url,
    flags: ["--schema", "cli"],
    otherFlags: ["--schema", "other"],
    open: (store: string) => openPostgres(store, { schema: "cli" }),
  },
])("minference-storage on $name", ({ store, other, flags, otherFlags, open }) => {
  test("tells about, looks through, prunes and moves stores", async () => {
    expect(await run(["check", store, ...flags])).toMatchObject({ code: 1 });
    expect((await run(["migrate", store, ...flags, "--dry-run"])).printed).toEqual([
      "would apply 001_versions",
      "would apply 002_retention",
      "would apply 003_leaves",
      "would apply 004_typed_tables",
      "would apply 005_light_writes",
      "would apply 006_lookups",
    ]);
    expect(await run(["check", store, ...flags])).toMatchObject({ code: 1 });
    expect((await run(["migrate", store, ...flags])).printed).toEqual([
      "applied 001_versions",
      "applied 002_retention",
      "applied 003_leaves",
      "applied 004_typed_tables",
      "applied 005_light_writes",
      "applied 006_lookups",
    ]);
    expect((await run(["migrate", store, ...flags])).printed).toEqual(["nothing to apply"]);
    expect(await run(["check", store, ...flags])).toEqual({ code: 0, printed: ["up to date (006_lookups)"], told: "" });

    const storage = await open(store);
    const build = new CommitBuilder();
    const child = build.root({ payload: { text: "é" } });
    const first = build.root({ edges: [edge("child", "", child)] });
    const second = build.next(first);
    const third = build.next(second);
    await storage.commit(build.commit([child, first, second, third], { actor: "me" }));
    await storage.close();

    expect((await run(["stats", store, ...flags])).printed).toContain("versions  4");
    expect(await run(["verify", ...flags], [], { MINFERENCE_STORE: store })).toEqual({ code: 0, printed: ["nothing is wrong"], told: "" });
    expect((await run(["prune", store, ...flags, "--keep-last", "1", "--dry-run"])).printed).toEqual(["would prune 2 versions, 2 stay"]);
    const exported = await run(["export", store, ...flags, "--lineage", first.lineageId]);
    expect(exported.code).toBe(0);
    expect((await run(["prune", store, ...flags, "--keep-last", "1", "--type", "Thing"])).printed).toEqual(["pruned 2 versions, 2 stay"]);

    await run(["migrate", other, ...otherFlags]);
    const imported = await run(["import", other, ...otherFlags], exported.printed);
    expect(imported.printed).toEqual([`lineage ${first.lineageId}: 4 versions imported, 0 known already`]);
    expect((await run(["export", other, ...otherFlags, "--lineage", first.lineageId])).printed).toEqual(exported.printed);
    const forged = exported.printed.map((line) => line.replace("me", "you"));
    expect(await run(["import", other, ...otherFlags], forged)).toMatchObject({
      code: 1,
      told: expect.stringMatching(/^corrupt: .*checksum/),
    });
  });
});

test("commands that make no sense are told the usage", async () => {
  const store = join(directory, "cli.db");
  const misused: [args: string[], why: RegExp][] = [
    [[], /^Usage: minference-storage/],
    [["nothing", store], /^There is no command nothing\n\nUsage/],
    [["stats"], /^stats of which store\?\n\nUsage/],
    [["stats", store, "more"], /^stats takes one store, not more besides\n\nUsage/],
    [["stats", store, "--what"], /--what[^]*\n\nUsage/],
    [["stats", store, "--lineage", "x"], /^stats takes no --lineage\n\nUsage/],
  ];
  for (const [args, why] of misused) expect(await run(args)).toMatchObject({ code: 2, told: expect.stringMatching(why) });
  expect(await run(["migrate", store, "--rebuild"])).toMatchObject({ code: 2, told: expect.stringContaining("--entities") });
  const nowhere = join(directory, "nowhere.db");
  expect(await run(["stats", nowhere])).toMatchObject({ code: 2, told: expect.stringContaining(`There is no store at ${nowhere}`) });
  expect(await run(["check", directory])).toMatchObject({ code: 1, told: expect.stringContaining("is a directory") });
  expect(await run(["--help"])).toMatchObject({ code: 0, printed: [expect.stringContaining("Usage")] });
  expect(await run(["prune", store])).toMatchObject({ code: 2, told: expect.stringContaining("keepLast") });
  expect(await run(["prune", store, "--newer-than", "soon"])).toMatchObject({ code: 2, told: expect.stringContaining("newerThan") });
  expect(await run(["export", store])).toMatchObject({ code: 2, told: expect.stringContaining("--lineage") });
  expect(await run(["stats", store, "--schema", "x"])).toMatchObject({ code: 2 });
});

test("damage and newer stores fail with a reason", async () => {
  const store = join(directory, "damaged.db");
  const storage = await openSqlite(store);
  const build = new CommitBuilder();
  await storage.commit(build.commit([build.root({ payload: { text: "kept" } })]));
  await storage.close();
  const database = new BetterSqlite3(store);
  database.exec(`update version set payload = '{"text":"lost"}'`);
  expect(await run(["verify", store])).toMatchObject({ code: 1, printed: [expect.stringMatching(/^checksum: Version/)] });
  database.exec("insert into minference_migration values ('999_future', '2040-01-01T00:00:00.000Z')");
  database.close();
  expect(await run(["check", store])).toMatchObject({ code: 1, told: expect.stringMatching(/^newer_store: /) });
});

describe.each([
  { name: "SQLite", store: join(directory, "typed.db"), flags: [] },
  { name: "Postgres", store: url, flags: ["--schema", "typed"] },
])("minference-storage with entities, on $name", ({ store, flags }) => {
  test("plans, makes, checks and counts typed tables", async () => {
    const path = join(directory, `entities${flags.length}.mjs`);
    const ecs = JSON.stringify(import.meta.resolve("@minference/ecs"));
    const zod = JSON.stringify(import.meta.resolve("zod"));
    const module = (shape: string) => `
      import { Entity } from ${ecs}; import * as z from ${zod};
      export class Thing extends Entity.define("Thing", { ${shape} }) {}
      export class Other extends Entity.define("Other", { text: z.string() }) {}
      export const tables = [Thing];`;
    writeFileSync(path, module("text: z.string()"));
    const entities = ["--entities", path];
    const planned = await run(["migrate", store, ...flags, ...entities, "--dry-run"]);
    expect(planned.printed.join("\n")).toMatch(/would apply 001_versions[\s\S]*-- table thing: Thing has no table\ncreate table/);
    expect(await run(["check", store, ...flags])).toMatchObject({ code: 1 });
    expect((await run(["migrate", store, ...flags, ...entities])).printed.at(-1)).toBe("made table thing: Thing has no table");
    expect((await run(["migrate", store, ...flags, ...entities])).printed).toEqual(["nothing to apply"]);
    expect(await run(["check", store, ...flags, ...entities])).toMatchObject({
      code: 0,
      printed: [expect.stringContaining("up to date"), "the typed tables are as the classes want them"],
    });
    const storage = await (flags.length === 0 ? openSqlite(store) : openPostgres(store, { schema: "typed" }));
    const build = new CommitBuilder();
    await storage.commit(build.commit([build.root({ payload: { text: "é" } })]));
    await storage.close();
    expect((await run(["stats", store, ...flags])).printed.at(-1)).toBe("table thing: 1 rows");

    const changed = join(directory, `changed${flags.length}.mjs`);
    writeFileSync(changed, module(`text: z.string(), more: z.enum(["it's", "b"]).default("b")`));
    expect(await run(["check", store, ...flags, "--entities", changed])).toMatchObject({
      code: 1,
      printed: [expect.anything(), "table thing: Thing.more is missing; run migrate"],
    });
    const sql = (await run(["migrate", store, ...flags, "--entities", changed, "--dry-run"])).printed.join("\n");
    expect(sql).toMatch(
      /^-- table thing: Thing.more is missing\ncreate table[\s\S]*in \('it''s'[\s\S]*insert into[\s\S]*drop table[\s\S]*rename to/,
    );
    expect((await run(["migrate", store, ...flags, "--entities", changed])).printed).toEqual(["made table thing: Thing.more is missing"]);
    const rebuild = ["migrate", store, ...flags, "--entities", changed, "--rebuild"];
    expect((await run([...rebuild, "--dry-run"])).printed.join("\n")).toMatch(/^-- table thing: \ncreate table[\s\S]*drop table/);
    expect((await run(rebuild)).printed).toEqual(["made table thing: anew"]);
    expect(await run(["verify", store, ...flags])).toMatchObject({ code: 0 });
    const drop = ["migrate", store, ...flags, "--drop", "thing"];
    expect((await run([...drop, "--dry-run"])).printed).toEqual(["would drop table thing"]);
    expect(await run([...drop, "--drop", "version"])).toEqual({
      code: 1,
      printed: ["dropped table thing"],
      told: "there is no typed table version",
    });
    expect((await run(["stats", store, ...flags])).printed.at(-1)).toMatch(/^bytes/);
    expect((await run(["migrate", store, ...flags, "--entities", changed])).printed).toEqual(["made table thing: Thing has no table"]);
    expect(await run(["verify", store, ...flags])).toMatchObject({ code: 0 });
    const missing = await run(["check", store, ...flags, "--entities", "./nowhere.js"]);
    expect(missing).toMatchObject({ code: 2, told: expect.stringContaining("can't be loaded") });
  });
});

test("commands that only look leave a store as old as it is", async () => {
  const store = join(directory, "behind.db");
  await (await openSqlite(store)).close();
  const database = new BetterSqlite3(store);
  database.exec("drop index version_merge_parent; delete from minference_migration where name = '006_lookups'");
  database.close();
  for (const command of ["stats", "verify", "prune"]) {
    expect(await run([command, store])).toEqual({ code: 1, printed: [], told: "behind: 006_lookups not applied; run migrate" });
  }
  expect((await run(["migrate", `sqlite:${store}`])).printed).toEqual(["applied 006_lookups"]);
  expect(await run(["stats", store])).toMatchObject({ code: 0 });
});
