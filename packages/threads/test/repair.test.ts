import { textOf } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { expect, test } from "vitest";
import * as z from "zod";
import { ChatThread, ProcessedOutput, StructuredTool } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

const person = () => StructuredTool.fromZod(z.object({ name: z.string(), age: z.int() }), { name: "person" });

/** Gives the answers one after another. */
function inTurn(...texts: readonly string[]): SimulatedScript {
  return ({ sequence }) => ({ text: texts[sequence] ?? "{}" });
}

test("an answer that does not fit is shown to the model with what is wrong, and the corrected one counts", async () => {
  const bench = makeBench(inTurn('{"name":7}', "not JSON", '{"name":"Ada","age":36}'));
  const thread = bench.thread("structured_output", { forcedOutput: person() });
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  if (outcome?.status !== "completed") throw new Error("not completed");
  expect(outcome.answer.content).toBe('{"name":"Ada","age":36}');
  expect(outcome.outputs.map(({ jsonObject }) => jsonObject?.object ?? null)).toEqual([null, null, { name: "Ada", age: 36 }]);
  expect(outcome.outputs.map(({ error }) => error === null)).toEqual([false, false, true]);
  expect(thread.history.map(({ role, isError }) => [role, isError])).toEqual([
    ["user", false],
    ["assistant", false],
    ["user", true],
    ["assistant", false],
    ["user", true],
    ["assistant", false],
  ]);
  const [, second, third] = bench.client.requests.map(({ messages }) => messages.at(-1));
  expect(second?.role === "user" && textOf(second)).toMatch(/required property 'age'.*\/name must be string/);
  expect(third?.role === "user" && textOf(third)).toContain("not JSON");
  const stored = await new EntityRegistry(bench.storage).get(ChatThread, thread.ecsId);
  expect(stored.toRequest()).toEqual(thread.toRequest());
});

test("the loop is bounded: the last answer is no message, and running again goes on from the complaint", async () => {
  const bench = makeBench(inTurn("{}", "{}", '{"name":"Ada","age":36}'), { maxRepairs: 1 });
  const thread = bench.thread("structured_output", { forcedOutput: person() });
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome).toMatchObject({ status: "failed", attempts: 2, error: { code: "invalid_object", retryable: true } });
  expect(thread.history.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  const outputs: ProcessedOutput[] = [];
  for await (const output of bench.registry.listByType(ProcessedOutput)) outputs.push(output);
  expect(outputs.map(({ error, jsonObject }) => [error === null, jsonObject])).toEqual([
    [false, null],
    [false, null],
  ]);
  const [again] = await bench.orchestrator.runParallel([thread]);
  expect(again?.status).toBe("completed");
  expect(thread.history.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
});

test("without repairs an answer that does not fit leaves no message", async () => {
  const bench = makeBench(inTurn("[]"), { maxRepairs: 0 });
  const thread = bench.thread("json_object");
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome).toMatchObject({ status: "failed", attempts: 1, error: { code: "invalid_object" } });
  expect(thread.history.map(({ role }) => role)).toEqual(["user"]);
  expect(() => makeBench(inTurn(), { maxRepairs: -1 })).toThrow(/maxRepairs/);
});

test("without history a repair still carries the question", async () => {
  const bench = makeBench(inTurn("first", "no", '{"a":1}'));
  const thread = bench.thread("text", { useHistory: false });
  await bench.orchestrator.runParallel([thread]);
  thread.llmConfig = bench.thread("json_object").llmConfig;
  thread.newMessage = "As JSON, please.";
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome?.status).toBe("completed");
  const { messages } = bench.client.requests.at(-1) ?? { messages: [] };
  expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  expect(messages[1]?.role === "user" && textOf(messages[1])).toBe("As JSON, please.");
});

test.each([false, true])(
  "calls of a forced structured tool that never fit are shown to the model maxRepairs times, with a ledger: %s",
  async (ledger) => {
    const bench = makeBench(() => ({ toolCalls: [{ name: "person", arguments: { name: 7 } }] }), { ledger, maxRepairs: 2, maxSteps: 10 });
    const thread = bench.thread("tool", { forcedOutput: person() });
    const [outcome] = await bench.orchestrator.runParallel([thread]);
    expect(outcome).toMatchObject({
      status: "failed",
      attempts: 3,
      error: { code: "invalid_object", retryable: true, message: expect.stringContaining("must be string") },
    });
    expect(outcome?.outputs.map(({ error, jsonObject }) => [error === null, jsonObject])).toEqual(
      Array.from({ length: 3 }, () => [false, null]),
    );
    expect(thread.history.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
  },
);
