import { systemMessage } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { expect, test } from "vitest";
import * as z from "zod";
import {
  type ApprovalRequest,
  CallableRegistry,
  type CallableTool,
  ChatMessage,
  ChatThread,
  InferenceOrchestrator,
  type NeedsApproval,
  type Outcome,
  type RunOptions,
  SystemPrompt,
} from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

/** Pays two bills and looks at one, then tells what came of it. */
const payBills: SimulatedScript = ({ request }) => {
  const last = request.messages.at(-1);
  if (last?.role === "tool") return { text: last.results.map(({ content }) => content).join("; ") };
  return {
    toolCalls: [
      { id: "small", name: "pay", arguments: { euros: 5 } },
      { id: "look", name: "add", arguments: { a: 1, b: 2 } },
      { id: "large", name: "pay", arguments: { euros: 500 } },
    ],
  };
};

function register(callables: CallableRegistry, paid: number[], approval: NeedsApproval<{ euros: number }>): CallableTool {
  return callables.register({
    name: "pay",
    docstring: "Pays a bill",
    input: z.object({ euros: z.number() }),
    approval,
    run: ({ euros }) => {
      paid.push(euros);
      return `paid ${euros}`;
    },
  });
}

function payment(approval: NeedsApproval<{ euros: number }>) {
  const paid: number[] = [];
  const bench = makeBench(payBills, { ledger: true });
  const pay = register(bench.callables, paid, approval);
  return { bench, paid, thread: bench.thread("auto_tools", { tools: [bench.add, pay] }) };
}

const callsOf = (outcome: Outcome | undefined): string[] =>
  outcome?.status === "awaiting_approval" ? outcome.calls.map(({ id }) => id) : [];

test("a call that needs approval waits in the store, the others run, and nothing is asked of the model meanwhile", async () => {
  const { bench, paid, thread } = payment(({ euros }) => euros > 100);
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome?.status).toBe("awaiting_approval");
  expect(callsOf(outcome)).toEqual(["large"]);
  expect(paid).toEqual([5]);
  expect(bench.client.requests).toHaveLength(1);
  const [again] = await bench.orchestrator.runParallel([thread]);
  expect(callsOf(again)).toEqual(["large"]);
  expect(paid).toEqual([5]);
});

test.each([
  ["approved", (thread: ChatThread) => thread.approve(["large"], { by: "Ada" }), [5, 500], "paid 5; 3; paid 500"],
  ["denied", (thread: ChatThread) => thread.deny(["large"], "too much"), [5], "paid 5; 3; The call was denied: too much"],
] as const)("a call that is %s in another process goes on there, in the same run", async (_, decide, payments, answer) => {
  const { bench, paid, thread } = payment(({ euros }) => euros > 100);
  let runId = "";
  await bench.orchestrator.runParallel([thread], { onRunStored: (id) => (runId = id) });

  const registry = new EntityRegistry(bench.storage);
  const loaded = await registry.latest(ChatThread, thread.lineageId);
  decide(loaded);
  await registry.register(loaded);

  const callables = new CallableRegistry();
  callables.register({ name: "add", docstring: "", input: z.object({ a: z.number(), b: z.number() }), run: ({ a, b }) => a + b });
  register(callables, paid, ({ euros }) => euros > 100);
  const elsewhere = new InferenceOrchestrator({
    registry: new EntityRegistry(bench.storage),
    clients: { openai: bench.client },
    callables,
    ledger: true,
  });
  const [outcome] = await elsewhere.resume(runId);
  expect(outcome).toMatchObject({ status: "completed", attempts: 2 });
  expect(paid).toEqual(payments);
  expect(outcome?.thread.lastAnswer?.content).toBe(answer);
  const results = outcome?.thread.history.filter(({ role }) => role === "tool") ?? [];
  expect(results.filter(({ isError }) => isError)).toHaveLength(payments.length === 1 ? 1 : 0);
  expect(outcome?.thread.decisionOn("large")).toBeNull();
  expect(outcome?.thread.decisions.map(({ approved, toolCallId }) => [toolCallId, approved])).toEqual([["large", payments.length === 2]]);
});

test("somebody can be asked while it runs, call by call; what they decide stands in the thread", async () => {
  const { bench, paid, thread } = payment(true);
  const asked: ApprovalRequest[] = [];
  const askApproval: RunOptions["askApproval"] = async (request) => {
    asked.push(request);
    return request.call.id === "small" ? "approve" : { deny: "no money" };
  };
  const [outcome] = await bench.orchestrator.runParallel([thread], { askApproval });
  expect(outcome?.status).toBe("completed");
  expect(asked.map(({ call, tool }) => [call.id, tool.name])).toEqual([
    ["small", "pay"],
    ["large", "pay"],
  ]);
  expect(paid).toEqual([5]);
  const stored = await new EntityRegistry(bench.storage).get(ChatThread, thread.ecsId);
  expect(stored.decisions.map(({ approved, reason, toolCallId }) => [toolCallId, approved, reason])).toEqual([
    ["small", true, null],
    ["large", false, "no money"],
  ]);
});

test("arguments that do not fit need nobody's approval: the model is told", async () => {
  const bench = makeBench(({ request }) =>
    request.messages.at(-1)?.role === "tool" ? { text: "done" } : { toolCalls: [{ id: "c", name: "pay", arguments: { euros: "many" } }] },
  );
  const pay = register(bench.callables, [], true);
  const thread = bench.thread("auto_tools", { tools: [pay] });
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome?.status).toBe("completed");
  expect(thread.history.find(({ role }) => role === "tool")?.content).toContain("do not fit the schema");
});

test("only calls that are open can be decided on", async () => {
  const { bench, thread } = payment(true);
  expect(() => thread.approve(["small"])).toThrow(/no tool call small is open/);
  await bench.orchestrator.runParallel([thread]);
  expect(() => thread.deny(["look"], "")).toThrow(/no tool call look is open/);
  thread.approve(["small"]);
  expect(thread.decisionOn("small")?.approved).toBe(true);
  const untouched = bench.thread("text");
  expect(() => untouched.approve(["one", "two"])).toThrow(/no tool call one is open/);
  untouched.approve([]);
  untouched.deny([], "nothing to deny");
  expect(untouched.decisions).toEqual([]);
});

test.each<[string, unknown]>([
  ["true", true],
  ["undefined", undefined],
  ["null", null],
  ['"deny"', "deny"],
  ["an object", { deny: true }],
  ["an object", { reason: "no" }],
])("%s is no decision (%#): the call stays open and the thread tells", async (shown, given) => {
  const { bench, paid, thread } = payment(true);
  // @ts-expect-error -- the compiler refuses it as well
  const [outcome] = await bench.orchestrator.runParallel([thread], { askApproval: async () => given });
  const message = `askApproval gave ${shown} for the call small: give "approve", "wait" or { deny: reason }`;
  expect(outcome).toMatchObject({ status: "failed", error: { code: "invalid_config", message } });
  expect(thread.decisions).toEqual([]);
  expect(thread.pendingToolCalls).toHaveLength(3);
  await bench.orchestrator.runParallel([thread], { askApproval: () => "approve" });
  expect(paid).toEqual([5, 500]);
});

test.each([
  ["undefined", undefined],
  ["null", null],
  ['"no"', "no"],
])("a tool that gives %s when it is asked whether a call waits runs nothing, and its thread tells", async (shown, given) => {
  // @ts-expect-error -- the compiler refuses it as well
  const { bench, paid, thread } = payment(async () => given);
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  const message = `pay: approval gave ${shown} for a call: give true or false`;
  expect(outcome).toMatchObject({ status: "failed", error: { code: "invalid_tool", message } });
  expect(paid).toEqual([]);
  expect(thread.pendingToolCalls.map(({ id }) => id)).toContain("small");
});

test("a run that is called off does not wait for a decision", async () => {
  const { bench, paid, thread } = payment(true);
  const controller = new AbortController();
  const [outcome] = await bench.orchestrator.runParallel([thread], {
    signal: controller.signal,
    askApproval: () => {
      controller.abort();
      return new Promise<never>(() => {});
    },
  });
  expect(outcome?.status).toBe("cancelled");
  expect(paid).toEqual([]);
  expect(thread.pendingToolCalls).toHaveLength(3);
});

test("of the threads that wait, one that can't be read costs the others nothing, and each keeps the prompt it holds", async () => {
  const { bench, paid, thread } = payment(({ euros }) => euros > 100);
  const other = bench.thread("auto_tools", { tools: thread.tools.slice() });
  const stored = Promise.withResolvers<string>();
  await bench.orchestrator.runParallel([thread, other], { onRunStored: stored.resolve });
  const registry = new EntityRegistry(bench.storage);
  const prompt = await registry.get(SystemPrompt, thread.systemPrompt?.ecsId ?? "");
  prompt.content = "For other threads.";
  const decided = await registry.latest(ChatThread, thread.lineageId);
  decided.approve(["large"]);
  const unreadable = await registry.latest(ChatThread, other.lineageId);
  const note = ChatMessage.user("secret", { timestamp: new Date(0), chatThreadId: other.lineageId, parent: null });
  unreadable.history.unshift(note);
  await registry.register([prompt, decided, unreadable]);
  await bench.storage.redact(note.lineageId);
  const outcomes = await bench.orchestrator.resume(await stored.promise);
  expect(outcomes.map(({ status }) => status)).toEqual(["completed", "failed"]);
  expect(paid).toEqual([5, 5, 500]);
  expect(bench.client.requests.at(-1)?.messages[0]).toEqual(systemMessage("You are exact."));
});
