import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { EntityRegistry } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, LLMConfig } from "@minference/threads";
import { testDatabase } from "@minference/tooling-postgres";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { main } from "../src/cli/main.ts";
import { compareHistories } from "../src/histories/compare-histories.ts";

const data = join(import.meta.dirname, "fixtures");
const directory = mkdtempSync(join(tmpdir(), "minference-evaluations-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const postgres = await testDatabase();
const sqlite = `sqlite:${join(directory, "evaluations.db")}`;

/** Providers that hardly limit anything. */
const fast = ["--latency", "1", "--requests-per-minute", "60000", "--tokens-per-minute", "60000000"];

const reports = z.array(
  z.object({
    suite: z.string(),
    unusable: z.array(z.object({ id: z.string(), reason: z.string() })),
    conversations: z.int(),
    right: z.int(),
    turns: z.int(),
    calls: z.int(),
    wrong: z.array(z.unknown()),
    server: z.object({ answered: z.int(), refused: z.int(), rejected: z.int(), duplicates: z.int() }),
    utilisation: z.number().nullable(),
  }),
);

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  const code = await main(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  });
  return { code, stdout, stderr };
}

test("every right call reaches a tool, every result goes back, on both wires; both databases keep identical histories", async () => {
  for (const storage of [sqlite, postgres]) {
    const { code, stdout } = await run("all", "--data", data, "--storage", storage, "--json", ...fast);
    const byName = Object.fromEntries(reports.parse(JSON.parse(stdout)).map((report) => [report.suite, report]));
    const faultless = { wrong: [], server: { refused: 0, rejected: 0, duplicates: 0 } };
    expect(byName).toMatchObject({
      simple_python: { conversations: 6, right: 6, calls: 6, ...faultless, unusable: [{ id: "simple_python_3" }] },
      parallel: { conversations: 2, right: 2, calls: 4, ...faultless, unusable: [] },
      parallel_multiple: { conversations: 2, right: 2, calls: 6, ...faultless, unusable: [{ id: "parallel_multiple_1" }] },
      multi_turn_base: { conversations: 2, right: 2, turns: 6, calls: 6, ...faultless, unusable: [{ id: "multi_turn_base_1" }] },
      "mt-bench": { conversations: 4, right: 4, turns: 8, calls: 0, ...faultless },
      gsm8k: { conversations: 3, right: 3, calls: 7, ...faultless, unusable: [{ id: "line 4" }], utilisation: expect.any(Number) },
    });
    expect(byName["parallel_multiple"]?.unusable[0]?.reason).toMatch(/additional properties \(food\)/);
    expect(byName["simple_python"]?.unusable[0]?.reason).toMatch(/type "bell"/);
    expect(code).toBe(0);
  }
  const { code, stdout } = await run("compare", "--storage", sqlite, "--storage", postgres);
  expect(stdout).toMatch(/^19 conversations, \d+ versions: identical\n$/);
  expect(code).toBe(0);
});

test("a history that differs in one message, or lacks a version, is not identical", async () => {
  const store = async (edit: (thread: ChatThread, registry: EntityRegistry) => Promise<void>): Promise<EntityRegistry> => {
    const registry = new EntityRegistry(new MemoryStorage());
    const thread = new ChatThread({ name: "a", llmConfig: new LLMConfig({ client: "openai" }), newMessage: "Hello" });
    await registry.register(thread);
    await edit(thread, registry);
    return registry;
  };
  const say = (text: string) => async (thread: ChatThread, registry: EntityRegistry) => {
    thread.newMessage = text;
    thread.addUserMessage();
    await registry.register(thread);
  };
  const [one, same, other, shorter] = [
    await store(say("Yes")),
    await store(say("Yes")),
    await store(say("No")),
    await store(async () => {}),
  ];
  expect(await compareHistories(one, same)).toEqual({ conversations: 1, versions: 2, differences: [] });
  expect((await compareHistories(one, other)).differences).toEqual(["a differs"]);
  expect((await compareHistories(one, shorter)).differences).toEqual(["a differs"]);
});

test("a command line that makes no sense is answered with what there is", async () => {
  expect(await run("sudoku", "--data", data, "--storage", "memory:")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("multi-turn"),
  });
  expect(await run("gsm8k", "--data", data, "--storage", "mysql://x")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("sqlite:"),
  });
  expect(await run("--help")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage\n/), stderr: "" });
});

const missing = `sqlite:${join(directory, "missing.db")}`;

test.each([
  [
    "a store that is not there",
    ["compare", "--storage", sqlite, "--storage", missing],
    1,
    /Can't read .*missing\.db: there is no such file/,
  ],
  ["a store that keeps nothing", ["compare", "--storage", "memory:", "--storage", sqlite], 1, /memory: keeps nothing/],
  ["a directory as a store", ["gsm8k", "--data", data, "--storage", `sqlite:${directory}`], 1, /cannot be opened/],
  ["data that are not there", ["gsm8k", "--data", "/nope", "--storage", missing], 1, /Can't read \/nope.*: there is no such file/],
  ["a name no file can have", ["gsm8k", "--data", "x".repeat(5000), "--storage", missing], 1, /Can't read x+: .*name too long/],
  ["tasks that are not there", ["bfcl", "--data", "/nope", "--storage", missing], 1, /Can't read \/nope.*: there is no such file/],
  ["one store to compare", ["compare", "--storage", sqlite], 2, /compare needs --storage WHERE twice/],
  ["an unknown option", ["gsm8k", "--colour"], 2, /Unknown option '--colour'/],
  ["no name", [], 2, /choose from all, .*, compare/],
])("says in one line what is wrong with %s", async (_, args, code, line) => {
  const { stderr, ...result } = await run(...args);
  expect(stderr).toMatch(/^evaluate: [^\n]*\n$/);
  expect(stderr).toMatch(line);
  expect(result).toEqual({ code, stdout: "" });
  expect(existsSync(join(directory, "missing.db"))).toBe(false);
});

/** Runs the command in a process of its own, and lets nobody read what it prints to a pipe. */
async function runUnread(stdout: "pipe" | number, ...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const main = join(import.meta.dirname, "../src/main.ts");
  const command = spawn(process.execPath, ["--conditions=@minference/source", main, ...args], { stdio: ["ignore", stdout, "pipe"] });
  command.stdout?.destroy();
  const stderr = command.stderr === null ? "" : await text(command.stderr);
  if (command.exitCode === null) await once(command, "exit");
  return { code: command.exitCode, stderr };
}

test("an evaluation whose reports nobody reads is stored to its end", async () => {
  const unread = `sqlite:${join(directory, "unread.db")}`;
  expect(await runUnread("pipe", "all", "--data", data, "--storage", unread, ...fast)).toEqual({ code: 0, stderr: "" });
  const { code, stdout } = await run("compare", "--storage", sqlite, "--storage", unread);
  expect(stdout).toMatch(/^19 conversations, \d+ versions: identical\n$/);
  expect(code).toBe(0);
});

// Only Linux has a device that is always full.
test.skipIf(!existsSync("/dev/full"))("an evaluation whose reports can't be written says so once, and fails", async () => {
  const full = openSync("/dev/full", "w");
  const result = await runUnread(full, "all", "--data", data, "--storage", "memory:", ...fast);
  closeSync(full);
  expect(result).toEqual({ code: 1, stderr: "evaluate: Can't write the output: no space is left\n" });
});

test("stores that hold nothing, or several evaluations, are not compared", async () => {
  await (await openSqlite(join(directory, "blank.db"))).close();
  const [blank, twice] = [`sqlite:${join(directory, "blank.db")}`, `sqlite:${join(directory, "twice.db")}`];
  const empty = await run("compare", "--storage", blank, "--storage", blank);
  expect(empty).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^evaluate: The first store holds no [^\n]*\n$/) });
  for (const _ of [1, 2]) await run("mt-bench", "--data", data, "--storage", twice);
  const several = await run("compare", "--storage", twice, "--storage", twice);
  expect(several).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^evaluate: Two conversations are named [^\n]*\n$/) });
});
