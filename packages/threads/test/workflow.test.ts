import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { CallableRegistry, type CallableTool, ChatThread, InferenceOrchestrator, LLMConfig, SystemPrompt } from "../src/index.ts";
import { type Bench, makeBench } from "./support/bench.ts";
import { connect } from "./support/wire.ts";

/** Calls the tool it has to. */
const obedient: SimulatedScript = ({ request }) => {
  const { toolChoice } = request;
  if (typeof toolChoice !== "object") return { refuse: { status: 400, message: "no tool is forced" } };
  return { toolCalls: [{ name: toolChoice.name, arguments: {} }] };
};

function register(callables: CallableRegistry, ran: string[], ...names: readonly string[]): CallableTool[] {
  const input = z.object({});
  return names.map((name) =>
    callables.register({ name, docstring: name, input, output: z.string(), run: () => (ran.push(name), `${name} done`) }),
  );
}

describe.each(["openai", "anthropic"] as const)("a workflow over HTTP on the %s wire", (provider) => {
  test("forces each tool in turn; the step moves on with the result of its tool, not when the request is built", async () => {
    await using wire = await connect(provider, obedient);
    const callables = new CallableRegistry();
    const ran: string[] = [];
    const tools = register(callables, ran, "fetch", "check", "send");
    const llmConfig = LLMConfig.create({ client: provider, model: "m", responseFormat: "workflow" });
    const thread = ChatThread.create({ llmConfig, tools, newMessage: "go" });
    const registry = new EntityRegistry(new MemoryStorage());
    thread.toRequest();
    expect(thread.workflowStep).toBeNull();
    const [outcome] = await new InferenceOrchestrator({ registry, clients: { [provider]: wire.client }, callables }).runParallel([thread]);
    expect(outcome).toMatchObject({ status: "completed", attempts: 3 });
    expect(ran).toEqual(["fetch", "check", "send"]);
    const { versions } = await registry.lineage(thread.lineageId);
    const stored = await Promise.all(versions.map(({ ecsId }) => registry.get(ChatThread, ecsId)));
    expect(stored.map(({ history, workflowStep }) => [history.at(-1)?.role, workflowStep])).toEqual([
      ["user", null],
      ["assistant", null],
      ["tool", 1],
      ["assistant", 1],
      ["tool", 2],
      ["assistant", 2],
      ["tool", 3],
    ]);
  });
});

test("only the tool of the step moves a workflow on, and only when it ran well", async () => {
  const answers = [
    { toolCalls: [{ name: "send", arguments: {} }] },
    { toolCalls: [{ name: "fetch", arguments: { much: "too much" } }] },
    {
      toolCalls: [
        { name: "fetch", arguments: {} },
        { name: "fetch", arguments: {} },
      ],
    },
    { toolCalls: [{ name: "send", arguments: {} }] },
  ];
  const bench = makeBench(({ sequence }) => answers[sequence] ?? { text: "lost" });
  const ran: string[] = [];
  const input = { type: "object", properties: {}, additionalProperties: false };
  const make = (name: string): CallableTool =>
    bench.callables.register({ name, docstring: name, inputSchema: input, run: () => (ran.push(name), "done") });
  const thread = bench.thread("workflow", { tools: [make("fetch"), make("send")] });
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome).toMatchObject({ status: "completed", attempts: 4 });
  expect(bench.client.requests.map(({ toolChoice }) => toolChoice)).toEqual(["fetch", "fetch", "fetch", "send"].map((name) => ({ name })));
  expect(ran).toEqual(["fetch", "fetch", "send"]);
  expect(thread.workflowStep).toBe(2);
});

test("a finished workflow loads, says that it is finished when run, and begins anew after a reset", async () => {
  const bench = makeBench(obedient);
  const ran: string[] = [];
  const [one, two] = register(bench.callables, ran, "one", "two");
  if (one === undefined || two === undefined) throw new Error("tools are missing");
  const thread = bench.thread("workflow", { tools: [one, two, one] });
  await bench.orchestrator.runParallel([thread]);
  expect(ran).toEqual(["one", "two", "one"]);
  const registry = new EntityRegistry(bench.storage);
  const loaded = await registry.get(ChatThread, thread.ecsId);
  expect(loaded.workflowTool).toBeNull();
  loaded.check();
  expect(() => loaded.toRequest()).toThrow(/all 3 steps .* have run: call resetWorkflowStep/);
  loaded.newMessage = "again";
  const orchestrator = new InferenceOrchestrator({ registry, clients: { openai: bench.client }, callables: bench.callables });
  const [refused] = await orchestrator.runParallel([loaded]);
  expect(refused).toMatchObject({ status: "failed", attempts: 0, error: { code: "workflow_finished" } });
  expect(loaded.newMessage).toBe("again");
  loaded.resetWorkflowStep();
  const [again] = await orchestrator.runParallel([loaded]);
  expect(again?.status).toBe("completed");
  expect(ran).toEqual(["one", "two", "one", "one", "two", "one"]);
});

test("a workflow that was broken off is taken up at its step, without a message", async () => {
  const bench = makeBench(obedient);
  const ran: string[] = [];
  const thread = bench.thread("workflow", { tools: register(bench.callables, ran, "one", "two", "three") });
  const [broken] = await bench.orchestrator.runParallel([thread], { maxSteps: 2 });
  expect(broken).toMatchObject({ status: "failed", error: { code: "step_limit" } });
  const [done] = await bench.orchestrator.runParallel([thread]);
  expect(done?.status).toBe("completed");
  expect(ran).toEqual(["one", "two", "three"]);
});

test("a workflow without tools, beyond its end or with a step that nothing is registered for is refused before anything is sent", async () => {
  const bench = makeBench(obedient);
  expect(() => bench.thread("workflow", { tools: [] }).check()).toThrow(/needs tools/);
  expect(() => bench.thread("workflow", { workflowStep: 2 }).check()).toThrow(/workflowStep 2 is beyond the 1 steps/);
  const [known, gone] = register(bench.callables, [], "known", "gone");
  if (known === undefined || gone === undefined) throw new Error("tools are missing");
  bench.callables.delete("gone");
  const [outcome] = await bench.orchestrator.runParallel([bench.thread("workflow", { tools: [known, gone] })]);
  expect(outcome).toMatchObject({ status: "failed", attempts: 0, error: { code: "unbound_tool" } });
});

describe("without a new message", () => {
  const script: SimulatedScript = (asked) => (typeof asked.request.toolChoice === "object" ? obedient(asked) : { text: "done" });
  const rolesAsked = ({ client }: Bench): string[] => client.requests.at(-1)?.messages.map(({ role }) => role) ?? [];
  const steps = { responseFormat: "workflow", client: "openai", model: "m" } as const;

  test("a fresh workflow and fresh auto_tools begin with their system prompt", async () => {
    const bench = makeBench(script);
    const tools = register(bench.callables, [], "fetch", "send");
    const threads = [bench.thread("workflow", { newMessage: null, tools }), bench.thread("auto_tools", { newMessage: null })];
    const outcomes = await bench.orchestrator.runParallel(threads);
    expect(outcomes.map(({ attempts, status }) => [status, attempts])).toEqual([
      ["completed", 2],
      ["completed", 1],
    ]);
    expect(threads.map(({ history }) => history[0]?.role)).toEqual(["assistant", "assistant"]);
    expect(bench.client.requests.slice(0, 2).map(({ messages }) => messages.map(({ role }) => role))).toEqual([["system"], ["system"]]);
  });

  test.each([false, true])("auto_tools go on after a turn that was finished, with a ledger: %s", async (ledger) => {
    const bench = makeBench(script, { ledger });
    const thread = bench.thread("auto_tools");
    await bench.orchestrator.runParallel([thread]);
    const [again] = await bench.orchestrator.runParallel([thread]);
    expect(again).toMatchObject({ status: "completed", attempts: 1 });
    expect(rolesAsked(bench)).toEqual(["system", "user", "assistant"]);
    const old = await bench.registry.get(ChatThread, (await bench.registry.lineage(thread.lineageId)).versions[1]?.ecsId ?? "");
    expect((await bench.orchestrator.runParallel([old]))[0]).toMatchObject({ status: "failed", error: { code: "conflict" } });
  });

  test("a workflow begins anew once its step was reset, whatever its history ends with", async () => {
    const bench = makeBench(script);
    const ran: string[] = [];
    const tools = register(bench.callables, ran, "fetch", "send");
    const thread = bench.thread("workflow", { tools, llmConfig: LLMConfig.create(steps) });
    await bench.orchestrator.runParallel([thread]);
    thread.resetWorkflowStep();
    expect((await bench.orchestrator.runParallel([thread]))[0]?.status).toBe("completed");
    thread.llmConfig = LLMConfig.create({ ...steps, responseFormat: "text" });
    thread.newMessage = "What did you do?";
    await bench.orchestrator.runParallel([thread]);
    expect(thread.history.at(-1)?.content).toBe("done");
    thread.llmConfig = LLMConfig.create(steps);
    thread.resetWorkflowStep();
    expect((await bench.orchestrator.runParallel([thread]))[0]?.status).toBe("completed");
    expect(ran).toEqual(["fetch", "send", "fetch", "send", "fetch", "send"]);
  });

  test.each([
    ["openai", null, "openai needs a message or a system prompt"],
    ["anthropic", new SystemPrompt({ name: "clerk", content: "Be exact." }), "anthropic needs a message"],
  ] as const)("what has nothing to send to %s is refused, with the reason", async (provider, systemPrompt, reason) => {
    const bench = makeBench(script, { provider });
    const [outcome] = await bench.orchestrator.runParallel([bench.thread("auto_tools", { newMessage: null, systemPrompt })]);
    expect(outcome).toMatchObject({ status: "failed", error: { code: "no_new_message", message: expect.stringContaining(reason) } });
    expect(bench.client.requests).toEqual([]);
  });
});
