import { textOf } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { expect, test } from "vitest";
import { anyOf, ChatThread, stepsTaken, toolRan } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

const add = { name: "add", arguments: { a: 1, b: 2 } };

/** Calls the tool, but ends its turn after every second result, until it is told to submit. */
const hesitant: SimulatedScript = ({ request }) => {
  const last = request.messages.at(-1);
  if (last?.role === "user" && textOf(last).includes("submit")) return { toolCalls: [{ name: "submit", arguments: {} }] };
  const results = request.messages.filter((message) => message.role === "tool").length;
  return last?.role === "tool" && results % 2 === 0 ? { text: "Shall I go on?" } : { toolCalls: [add] };
};

function withSubmit(script: SimulatedScript) {
  const bench = makeBench(script);
  const submit = bench.callables.register({
    name: "submit",
    docstring: "Hands in",
    inputSchema: { type: "object" },
    run: () => "handed in",
  });
  return { ...bench, tools: [bench.add, submit] };
}

test("a goal tool ends the loop, and a model that stops before is told to go on", async () => {
  const bench = withSubmit(hesitant);
  const thread = bench.thread("auto_tools", { tools: bench.tools });
  const nudges: number[] = [];
  const nudge = ({ history }: ChatThread): string => {
    nudges.push(history.length);
    return nudges.length < 3 ? "Go on." : "Now submit.";
  };
  const [outcome] = await bench.orchestrator.runUntil([thread], toolRan("submit"), { nudge, maxSteps: 20 });
  expect(outcome?.status).toBe("completed");
  expect(nudges).toHaveLength(3);
  expect(thread.history.at(-1)).toMatchObject({ role: "tool", toolName: "submit", content: "handed in" });
  expect(thread.history.filter(({ role }) => role === "user").map(({ content }) => content)).toEqual([
    "What is 1 + 2?",
    "Go on.",
    "Go on.",
    "Now submit.",
  ]);
  expect(thread.pendingToolCalls).toEqual([]);
});

test("without a nudge a model that stops before the goal misses it, with all it did stored", async () => {
  const bench = withSubmit(hesitant);
  const thread = bench.thread("auto_tools", { tools: bench.tools });
  const [outcome] = await bench.orchestrator.runUntil([thread], toolRan("submit"));
  expect(outcome).toMatchObject({ status: "failed", error: { code: "goal_missed" }, attempts: 3 });
  expect(thread.hasModifications()).toBe(false);
  thread.newMessage = "Please submit.";
  const [again] = await bench.orchestrator.runUntil([thread], toolRan("submit"));
  expect(again?.status).toBe("completed");
});

test("a number of steps or a predicate ends the loop, each thread for itself", async () => {
  const bench = makeBench(() => ({ toolCalls: [add] }));
  const threads = ["a", "b", "c"].map((name) => bench.thread("auto_tools", { name }));
  const outcomes = await bench.orchestrator.runUntil(
    threads,
    anyOf(stepsTaken(4), ({ thread, toolResults }) => thread.name === "b" && toolResults.length === 1),
  );
  expect(outcomes.map(({ status, attempts }) => [status, attempts])).toEqual([
    ["completed", 4],
    ["completed", 1],
    ["completed", 4],
  ]);
});

test("a forced tool is called again and again until the predicate holds", async () => {
  const bench = makeBench(() => ({ toolCalls: [add] }));
  const thread = bench.thread("tool");
  const [outcome] = await bench.orchestrator.runUntil([thread], ({ thread: { history } }) => history.length >= 9);
  expect(outcome).toMatchObject({ status: "completed", attempts: 4 });
});

test("what never ends is ended by the step limit, and a condition that throws fails its own thread alone", async () => {
  const bench = makeBench(() => ({ toolCalls: [add] }));
  const threads = [bench.thread("auto_tools", { name: "endless" }), bench.thread("auto_tools", { name: "broken" })];
  const outcomes = await bench.orchestrator.runUntil(threads, ({ thread }) => {
    if (thread.name === "broken") throw new RangeError("no such goal");
    return false;
  });
  expect(outcomes).toMatchObject([
    { status: "failed", error: { code: "step_limit" }, attempts: 10 },
    { status: "failed", error: { code: "unexpected", message: "no such goal" }, attempts: 1 },
  ]);
});

test("a workflow ends after the step that was to be reached, and goes on from there", async () => {
  const bench = makeBench(({ request: { toolChoice } }) => ({
    toolCalls: [{ name: typeof toolChoice === "object" ? toolChoice.name : "none", arguments: {} }],
  }));
  const ran: string[] = [];
  const tools = ["fetch", "check", "send"].map((name) =>
    bench.callables.register({ name, docstring: name, inputSchema: { type: "object" }, run: () => ran.push(name) }),
  );
  const thread = bench.thread("workflow", { tools });
  const [checked] = await bench.orchestrator.runUntil([thread], toolRan("check"));
  expect(checked).toMatchObject({ status: "completed", attempts: 2 });
  expect([ran, thread.workflowStep]).toEqual([["fetch", "check"], 2]);
  const loaded = await new EntityRegistry(bench.storage).get(ChatThread, thread.ecsId);
  expect(loaded.workflowStep).toBe(2);
  const [sent] = await bench.orchestrator.runUntil([thread], toolRan("send"));
  expect(sent).toMatchObject({ status: "completed", attempts: 1 });
  expect([ran, thread.workflowStep]).toEqual([["fetch", "check", "send"], 3]);
  const [over] = await bench.orchestrator.runUntil([thread], toolRan("send"));
  expect(over).toMatchObject({ status: "failed", error: { code: "workflow_finished" }, attempts: 0 });
});
