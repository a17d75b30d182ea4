import { expect, test } from "vitest";
import * as z from "zod";
import { CallableRegistry } from "./callable-registry.ts";

const input = z.object({ a: z.number().describe("the first"), b: z.number().default(1) });

function withAdd(): CallableRegistry {
  const callables = new CallableRegistry();
  callables.register({ name: "add", docstring: "Adds", input, output: z.number(), run: ({ a, b }) => a + b });
  return callables;
}

test("registering gives a tool whose schemas are those of the function", () => {
  const tool = new CallableRegistry().register({ name: "add", docstring: "Adds", input, output: z.number(), run: ({ a, b }) => a + b });
  expect(tool).toMatchObject({ name: "add", docstring: "Adds", strictSchema: true, callableText: null });
  expect(tool.inputSchema).toEqual({
    type: "object",
    properties: { a: { type: "number", description: "the first" }, b: { type: "number", default: 1 } },
    required: ["a"],
    additionalProperties: false,
  });
  expect(tool.outputSchema).toEqual({ type: "number" });
});

test("a taken name is refused; update replaces, delete forgets", async () => {
  const callables = withAdd();
  const again = { name: "add", docstring: "Adds more", input, run: () => 7 };
  expect(() => callables.register(again)).toThrow(/registered already/);
  expect(await callables.execute("add", { a: 1 })).toBe(2);
  expect(callables.update(again).docstring).toBe("Adds more");
  expect(await callables.execute("add", { a: 1 })).toBe(7);
  expect([callables.delete("add"), callables.delete("add"), callables.has("add")]).toEqual([true, false, false]);
  expect(() => callables.update(again)).toThrow(/no function is registered as add/);
  expect(() => callables.get("add")).toThrow(/there are: none/);
});

test("what gives its result at once can be run at once, on checked arguments; what gives it later is refused", () => {
  const callables = withAdd();
  expect(callables.executeSync("add", { a: 2 })).toBe(3);
  expect(() => callables.executeSync("add", { a: "2" })).toThrow(expect.objectContaining({ code: "invalid_arguments" }));
  callables.register({ name: "raw", docstring: "", inputSchema: { type: "object" }, outputSchema: { type: "string" }, run: () => 1 });
  expect(() => callables.executeSync("raw", {})).toThrow(expect.objectContaining({ code: "invalid_result" }));
  callables.register({ name: "later", docstring: "", input: z.object({}), run: () => Promise.reject(new Error("nobody sees this")) });
  expect(() => callables.executeSync("later", {})).toThrow(
    expect.objectContaining({ code: "tool_failed", message: expect.stringContaining("use execute") }),
  );
  const asked = z.object({ a: z.number().refine(() => Promise.resolve(true)) });
  callables.register({ name: "asks", docstring: "", input: asked, run: () => 1 });
  expect(() => callables.executeSync("asks", { a: 1 })).toThrow(
    expect.objectContaining({ message: expect.stringContaining("checks later") }),
  );
  const fails = (): never => {
    throw new Error("broken");
  };
  callables.register({ name: "fails", docstring: "", input: z.object({}), run: fails });
  expect(() => callables.executeSync("fails", {})).toThrow(
    expect.objectContaining({ code: "tool_failed", message: "fails failed: broken" }),
  );
  expect(() => callables.executeSync("gone", {})).toThrow(expect.objectContaining({ code: "unknown_tool" }));
});

test("registries do not know of each other", () => {
  withAdd();
  expect(new CallableRegistry().names).toEqual([]);
});

test("a definition that can't be a tool changes nothing", () => {
  const callables = withAdd();
  const run = (): number => 1;
  expect(() => callables.register({ name: "two\nlines", docstring: "", input, run })).toThrow(/tool name/);
  expect(() => callables.register({ name: "dated", docstring: "", input: z.object({ at: z.date() }), run })).toThrow(/dated.input/);
  expect(() =>
    callables.register({ name: "raw", docstring: "", inputSchema: { type: "object", properties: { x: { type: "dict" } } }, run }),
  ).toThrow(/JSON Schema can't be used/);
  expect(() => callables.register({ name: "list", docstring: "", inputSchema: { type: "array" }, run })).toThrow(/a tool takes an object/);
  expect(() => callables.register({ name: "never", docstring: "", input, timeoutMs: 0, run })).toThrow(/timeoutMs/);
  expect(callables.names).toEqual(["add"]);
});

test.each<[string, object]>([
  ["add: run has to be a function, not undefined", { input }],
  ['add: run has to be a function, not "a + b"', { input, run: "a + b" }],
  ["add has no schema of its arguments: give input, a zod object, or inputSchema, a JSON Schema", { run: () => 1 }],
  ["add: input has to be a zod object; a JSON Schema goes in inputSchema", { input: { type: "object" }, run: () => 1 }],
  ["add: inputSchema has to be a JSON Schema, not null", { inputSchema: null, run: () => 1 }],
  ["add: output has to be a zod schema; a JSON Schema goes in outputSchema", { input, output: { type: "number" }, run: () => 1 }],
  ["add: outputSchema has to be a JSON Schema, not 5", { inputSchema: { type: "object" }, outputSchema: 5, run: () => 1 }],
  ['add: approval has to be true, false or a function, not "always"', { input, approval: "always", run: () => 1 }],
])("a definition that lacks what it needs is refused: %s", (message, definition) => {
  const callables = new CallableRegistry();
  const refusal = expect.objectContaining({ name: "ThreadError", code: "invalid_tool", message });
  // @ts-expect-error -- the compiler refuses it as well
  expect(() => callables.register({ name: "add", docstring: "", ...definition })).toThrow(refusal);
  expect(callables.names).toEqual([]);
  const known = withAdd();
  // @ts-expect-error -- the compiler refuses it as well
  expect(() => known.update({ name: "add", docstring: "", ...definition })).toThrow(refusal);
  expect(known.info("add").docstring).toBe("Adds");
});

test("info tells signature, schemas and whether the function is async", () => {
  const callables = withAdd();
  callables.register({ name: "later", docstring: "", input: z.object({}), timeoutMs: 5, run: async () => 1 });
  expect(callables.info("add")).toMatchObject({
    signature: "add(a, b?)",
    isAsync: false,
    timeoutMs: null,
    outputSchema: { type: "number" },
  });
  expect(callables.info("later")).toMatchObject({ signature: "later()", isAsync: true, timeoutMs: 5, outputSchema: {} });
});

test("arguments are checked before the function sees them, defaults filled in and unknown keys dropped", async () => {
  const callables = new CallableRegistry();
  const seen: unknown[] = [];
  callables.register({ name: "add", docstring: "", input, run: (args) => seen.push(args) });
  await callables.execute("add", { a: 1, c: 2 });
  for (const wrong of [{ a: "1" }, {}, null, [], "x"]) {
    await expect(callables.execute("add", wrong)).rejects.toMatchObject({ code: "invalid_arguments" });
  }
  expect(seen).toEqual([{ a: 1, b: 1 }]);
});

test("functions with JSON Schemas are held to them both ways", async () => {
  const callables = new CallableRegistry();
  callables.register({
    name: "double",
    docstring: "",
    inputSchema: {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: { n: { type: "integer" } },
      required: ["n"],
    },
    outputSchema: { type: "integer", maximum: 10 },
    run: (args) => z.object({ n: z.number() }).parse(args).n * 2,
  });
  expect(await callables.execute("double", { n: 4 })).toBe(8);
  await expect(callables.execute("double", { n: 1.5 })).rejects.toMatchObject({
    code: "invalid_arguments",
    message: /\/n must be integer/,
  });
  await expect(callables.execute("double", { n: 6 })).rejects.toMatchObject({ code: "invalid_result" });
});

test("what a function throws is the cause, sync and async alike", async () => {
  const callables = new CallableRegistry();
  const boom = new RangeError("boom");
  callables.register({
    name: "sync",
    docstring: "",
    input: z.object({}),
    run: () => {
      throw boom;
    },
  });
  callables.register({ name: "async", docstring: "", input: z.object({}), run: () => Promise.reject(boom) });
  for (const name of ["sync", "async"]) {
    await expect(callables.execute(name, {})).rejects.toMatchObject({ code: "tool_failed", message: `${name} failed: boom`, cause: boom });
  }
});

test("a call ends when its time is over or when it is called off, and the function is told", async () => {
  const timers: { ms: number; callback: () => void }[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    after: (ms: number, callback: () => void) => (timers.push({ ms, callback }), () => {}),
  };
  const callables = new CallableRegistry({ clock });
  const signals: AbortSignal[] = [];
  const hang = {
    docstring: "",
    input: z.object({}),
    run: (_: object, { signal }: { signal: AbortSignal }) => (signals.push(signal), new Promise(() => {})),
  };
  callables.register({ name: "own", timeoutMs: 20, ...hang });
  callables.register({ name: "general", ...hang });

  const own = callables.execute("own", {}, { timeoutMs: 1_000 });
  await Promise.resolve();
  timers.at(-1)?.callback();
  await expect(own).rejects.toMatchObject({ code: "tool_timeout", message: /within 20 ms/ });

  const controller = new AbortController();
  const general = callables.execute("general", {}, { timeoutMs: 1_000, signal: controller.signal });
  controller.abort("enough");
  await expect(general).rejects.toMatchObject({ code: "cancelled", cause: "enough" });
  await expect(callables.execute("general", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  await expect(callables.execute("absent", {})).rejects.toMatchObject({ code: "unknown_tool" });
  expect(timers.map(({ ms }) => ms).slice(0, 2)).toEqual([20, 1_000]);
  expect(signals.every((signal) => signal.aborted)).toBe(true);
});

test("a second tool entity for the same function can be made", () => {
  const callables = withAdd();
  const [one, two] = [callables.tool("add"), callables.tool("add")];
  expect(one.lineageId).not.toBe(two.lineageId);
  expect(one.definition()).toEqual(two.definition());
});
