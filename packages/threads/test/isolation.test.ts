import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { processFlags } from "../src/isolation/isolated-callable.ts";
import { CallableRegistry, CallableTool, type JsonSchema } from "../src/index.ts";
import { isolatedCallable, type IsolationOptions } from "../src/isolation/index.ts";
import { makeBench } from "./support/bench.ts";

const anything: JsonSchema = { type: "object" };

function run(callableText: string, args: unknown = {}, options: IsolationOptions = {}): Promise<unknown> {
  const callables = new CallableRegistry();
  const tool = new CallableTool({ name: "written", docstring: "Written by a model", inputSchema: anything, callableText });
  return callables.execute(callables.register(isolatedCallable(tool, { timeoutMs: 30_000, ...options })).name, args);
}

test("source text runs on checked arguments, sync or async, and gives JSON", async () => {
  expect(await run("({ a, b }) => a + b", { a: 1, b: 2 })).toBe(3);
  expect(await run("async function sum({ of }) { return { sum: of.reduce((x, y) => x + y, 0) }; } // done", { of: [1, 2, 3] })).toEqual({
    sum: 6,
  });
  expect(await run("() => undefined")).toBeNull();
  const callables = new CallableRegistry();
  const inputSchema = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };
  const tool = new CallableTool({ name: "t", docstring: "", inputSchema, outputSchema: { type: "string" }, callableText: "({ a }) => a" });
  callables.register(isolatedCallable(tool));
  await expect(callables.execute("t", { a: "1" })).rejects.toMatchObject({ code: "invalid_arguments" });
  await expect(callables.execute("t", { a: 1 })).rejects.toMatchObject({ code: "invalid_result" });
});

test("what goes in and comes out keeps every code unit, halves of surrogate pairs too, however long it is", async () => {
  const halves = "a\ud800b\udc00\ud83d";
  expect(await run("({ text }) => ({ [text]: text + '\\ud800' })", { text: halves })).toEqual({ [halves]: `${halves}\ud800` });
  await expect(run("({ text }) => { throw new Error(text) }", { text: halves })).rejects.toMatchObject({
    message: `written failed: ${halves}`,
  });
  // Wherever what comes out is cut into pieces on its way, one of these has a pair there.
  for (const before of ["", "a"]) {
    const long = before + "\u{1f600}".repeat(150_000);
    expect((await run("({ text }) => text", { text: long })) === long).toBe(true);
  }
});

test.each([
  ["what it throws", "() => { throw new Error('no luck') }", "written failed: no luck"],
  ["what is no JavaScript", "this is not code", "written failed: the source text is no JavaScript expression"],
  ["what is no function", "42", "written failed: the source is no function"],
  ["a result that is no JSON", "() => 10n", "written failed: Do not know how to serialize a BigInt"],
  ["a result that is too long", "() => 'x'.repeat(2000)", "longer than 1000 bytes"],
])("%s is told", async (_, source, message) => {
  await expect(run(source, {}, { maxResultBytes: 1000 })).rejects.toMatchObject({
    code: "tool_failed",
    message: expect.stringContaining(message),
  });
});

test.each([
  ["the environment and the process", "() => [typeof process, typeof require, typeof module, typeof globalThis.process]"],
  ["the network", "() => [typeof fetch, typeof WebSocket, typeof EventSource]"],
  ["timers, bytes and compiled code", "() => [typeof setTimeout, typeof Buffer, typeof Uint8Array, typeof WebAssembly]"],
])("%s can't be reached", async (_, source) => {
  const found = await run(source);
  expect(Array.isArray(found) && found.every((type) => type === "undefined")).toBe(true);
});

test.each([
  ["code from strings", "() => Function('return 1')()", "Code generation from strings disallowed"],
  ["code from strings of a constructor", "() => ({}).constructor.constructor('return process')().env", "Code generation from strings"],
  ["eval", "() => eval('1')", "Code generation from strings"],
  ["modules", "() => import('node:fs')", "A dynamic import callback was not specified"],
  [
    "the realm outside, by an error of it",
    "async () => { try { await import('x') } catch (e) { return e.constructor.constructor('return process')().pid } }",
    "Code generation from strings",
  ],
  [
    "the realm outside, by a callback of it",
    "() => { let found = null; Promise.prototype.then = function (f) { found = f; return this; }; return String(found === null) + found.length }",
    "Cannot read properties of null",
  ],
])("%s: refused", async (_, source, message) => {
  await expect(run(source)).rejects.toMatchObject({ code: "tool_failed", message: expect.stringContaining(message) });
});

test.each([
  ["files", 'require("node:fs").readFileSync("/etc/passwd")'],
  ["processes", 'require("node:child_process").execFileSync("true")'],
  ["workers", 'new (require("node:worker_threads").Worker)("1", { eval: true })'],
])("code that broke out of its realm would find no %s", async (_, code) => {
  const ran = promisify(execFile)(process.execPath, [...processFlags(64), "--eval", code], { env: {} });
  await expect(ran).rejects.toMatchObject({ stderr: expect.stringContaining("ERR_ACCESS_DENIED") });
});

test.each([0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("limits of %d are refused before anything runs", (limit) => {
  for (const name of ["memoryMb", "maxResultBytes"] as const) {
    const tool = new CallableTool({ name: "written", docstring: "", inputSchema: anything, callableText: "() => 1" });
    expect(() => isolatedCallable(tool, { [name]: limit })).toThrow(
      expect.objectContaining({
        code: "invalid_tool",
        message: `written: ${name} has to be a whole number of at least 1, not ${limit}`,
      }),
    );
  }
});

test("what never ends is killed when its time is over, and what fills memory is stopped", async () => {
  await expect(run("() => { for (;;); }", {}, { timeoutMs: 300 })).rejects.toMatchObject({ code: "tool_timeout" });
  await expect(run("() => new Promise(() => {})", {}, { timeoutMs: 300 })).rejects.toMatchObject({ code: "tool_timeout" });
  await expect(run("() => { const all = []; for (;;) all.push(new Array(1e5).fill(1)); }", {}, { memoryMb: 32 })).rejects.toMatchObject({
    code: "tool_failed",
    message: expect.stringContaining("more than 32 MB"),
  });
});

test("source text from a store or a model runs only where the application says so", async () => {
  const bench = makeBench(({ request }) =>
    request.messages.at(-1)?.role === "tool" ? { text: "done" } : { toolCalls: [{ name: "written", arguments: {} }] },
  );
  const tool = new CallableTool({ name: "written", docstring: "", inputSchema: anything, callableText: "() => 'it ran'" });
  const thread = bench.thread("auto_tools", { tools: [tool] });
  const [refused] = await bench.orchestrator.runParallel([thread]);
  expect(refused).toMatchObject({ status: "failed", error: { code: "unbound_tool" } });
  expect(bench.client.requests).toHaveLength(0);
  bench.callables.register(isolatedCallable(tool));
  const [allowed] = await bench.orchestrator.runParallel([thread]);
  expect(allowed?.status).toBe("completed");
  expect(thread.history[2]).toMatchObject({ role: "tool", content: "it ran", isError: false });
  const empty = new CallableTool({ name: "empty", docstring: "", inputSchema: anything });
  expect(() => isolatedCallable(empty)).toThrow("has no source text");
});
