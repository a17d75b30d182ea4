import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { startSimulatedProvider } from "@minference/clients/testing";
import { expect, test } from "vitest";
import { catalogue } from "../src/catalogue.ts";
import { run } from "./run.ts";

const main = join(import.meta.dirname, "../src/main.ts");

function example(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { NODE_COMPILE_CACHE, PATH } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, ...environment };
  return promisify(execFile)(process.execPath, ["--conditions=@minference/source", main, ...args], { env });
}

test("one command runs an example, and says on stderr that the provider is simulated", async () => {
  const { stderr, stdout } = await example(["tools"]);
  expect(stdout).toMatch(/It is warmer in Lisbon: 75\.2 °F\.\n$/);
  expect(stderr).toMatch(/^openai \(simulated\): scripted answers from 127\.0\.0\.1:\d+; /);
});

test("with a key the provider itself is asked, unless that is forbidden", async () => {
  await using provider = await startSimulatedProvider({ apiKeys: ["key-of-the-test"], script: () => ({ text: "asked for real" }) });
  const environment = { ANTHROPIC_API_KEY: "key-of-the-test", ANTHROPIC_BASE_URL: provider.anthropicBaseUrl };
  const { lines, notes } = await run("custom-storage", environment);
  expect(lines).toContain("assistant: asked for real");
  expect(notes).toEqual(["anthropic: claude-haiku-4-5"]);
  expect(provider.counts().answered).toBe(1);
  const simulated = await example(["custom-storage", "--simulate"], environment);
  expect(simulated.stdout).toContain("assistant: What is written down");
  expect(provider.counts().received).toBe(1);
});

test("what a provider refuses is told, and fails", async () => {
  await using provider = await startSimulatedProvider({ apiKeys: ["another key"], script: () => ({}) });
  const refused = example(["tools"], { OPENAI_API_KEY: "wrong", OPENAI_BASE_URL: provider.openaiBaseUrl });
  await expect(refused).rejects.toMatchObject({ code: 1, stdout: expect.stringMatching(/^no answer \(provider\): /) });
  expect(provider.counts().received).toBe(1);
});

test("what it can't use is told in one line", async () => {
  const unreachable = example(["postgres"], { MINFERENCE_POSTGRES_URL: "postgres://me@127.0.0.1:1/none" });
  await expect(unreachable).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^.*scripted answers.*\npostgres: .*127\.0\.0\.1:1.*\n$/),
  });
  const misconfigured = example(["tools"], { OPENAI_API_KEY: "key", OPENAI_BASE_URL: "nonsense" });
  await expect(misconfigured).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^tools: .*URL.*\n$/) });
});

test("an example that nobody reads comes to its end and cleans up", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "minference-unread-"));
  const command = spawn(process.execPath, ["--conditions=@minference/source", main, "resume", "--simulate"], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  command.stdout.destroy();
  const stderr = await text(command.stderr);
  if (command.exitCode === null) await once(command, "exit");
  expect(command.exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/^openai \(simulated\): [^\n]*\n$/);
  expect(await readdir(temporary)).toEqual([]);
  await rm(temporary, { recursive: true });
});

test("without a name it lists all examples, with a wrong one it fails", async () => {
  const { stderr } = await example([]);
  for (const [name, { about }] of catalogue) expect(stderr).toMatch(new RegExp(`^  ${name} +${about}$`, "m"));
  await expect(example(["nothing"])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^There is no example "nothing"\n\n[^]*parallel-text/),
  });
  await expect(example(["tools", "--simulated"])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no option "--simulated"'),
  });
  expect(await example(["--help"])).toMatchObject({ stdout: stderr, stderr: "" });
});
