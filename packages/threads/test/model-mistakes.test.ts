import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig, StructuredTool, SystemPrompt } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { connect } from "./support/wire.ts";

describe.each(["openai", "anthropic"] as const)("tool calls that go wrong, over HTTP on the %s wire", (provider) => {
  test("an unknown tool, unfit arguments and a throwing tool each get an error result, and nothing runs on what was not checked", async () => {
    await using wire = await connect(provider, ({ request }) =>
      request.messages.at(-1)?.role === "tool"
        ? { text: "I see." }
        : {
            toolCalls: [
              { name: "nowhere", arguments: {} },
              { name: "half", arguments: { of: "six" } },
              { name: "half", arguments: { of: 0 } },
              { name: "half", arguments: { of: 6 } },
            ],
          },
    );
    const callables = new CallableRegistry();
    const given: number[] = [];
    const half = callables.register({
      name: "half",
      docstring: "Halves a number",
      input: z.object({ of: z.number() }),
      output: z.number(),
      run: ({ of }) => {
        given.push(of);
        if (of === 0) throw new Error("nothing to halve");
        return of / 2;
      },
    });
    const llmConfig = LLMConfig.create({ client: provider, model: "m", responseFormat: "auto_tools" });
    const thread = ChatThread.create({ llmConfig, tools: [half], newMessage: "go" });
    const registry = new EntityRegistry(new MemoryStorage());
    const [outcome] = await new InferenceOrchestrator({ registry, clients: { [provider]: wire.client }, callables }).runParallel([thread]);
    expect(outcome).toMatchObject({ status: "completed", attempts: 2 });
    expect(given).toEqual([0, 6]);
    const results = thread.history.filter(({ role }) => role === "tool");
    expect(results.map(({ content, isError }) => [isError, content])).toEqual([
      [true, expect.stringContaining('There is no tool named "nowhere"')],
      [true, expect.stringContaining("do not fit the schema")],
      [true, "half failed: nothing to halve"],
      [false, "3"],
    ]);
    if (provider === "anthropic") expect(wire.bodies[1]?.match(/"is_error":true/g)).toHaveLength(3);
  });
});

test("arguments that are not JSON are never executed, and an unfit structured answer is never taken for an object", async () => {
  const bench = makeBench(({ sequence }) => ({
    toolCalls: [sequence === 0 ? { name: "person", argumentsText: '{"name":' } : { name: "person", arguments: { name: sequence } }],
  }));
  const forcedOutput = StructuredTool.fromZod(z.object({ name: z.string() }), { name: "person" });
  const thread = bench.thread("tool", { forcedOutput });
  const [outcome] = await bench.orchestrator.runParallel([thread], { maxSteps: 3 });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "invalid_object" } });
  expect(outcome?.outputs.map(({ jsonObject }) => jsonObject)).toEqual([null, null, null]);
  expect(thread.history.filter(({ role }) => role === "tool").map(({ isError }) => isError)).toEqual([true, true]);
});

test.each(['{"looks":"like JSON"}', "[1, 2, 3]", '```json\n{"a":1}\n```'])(
  "text stays text, also where it looks like JSON: %j",
  async (text) => {
    const bench = makeBench(() => ({ text }));
    const thread = bench.thread("text");
    const [outcome] = await bench.orchestrator.runParallel([thread]);
    expect(thread.history.at(-1)?.content).toBe(text);
    expect(outcome?.outputs[0]).toMatchObject({ content: text, jsonObject: null, error: null });
  },
);

describe.each(["openai", "vllm"] as const)("on %s", (provider) => {
  test("tools, useHistory and the schema instruction reach the provider", async () => {
    await using wire = await connect(provider, ({ request }) =>
      request.messages.at(-1)?.role === "tool" ? { text: "done" } : { toolCalls: [{ name: "look", arguments: {} }] },
    );
    const callables = new CallableRegistry();
    const look = callables.register({ name: "look", docstring: "Looks", input: z.object({}), output: z.string(), run: () => "seen" });
    const llmConfig = LLMConfig.create({ client: provider, model: "m", responseFormat: "auto_tools" });
    const thread = ChatThread.create({
      llmConfig,
      tools: [look],
      newMessage: "the first question",
      systemPrompt: new SystemPrompt({ name: "s", content: "Be brief." }),
      forcedOutput: StructuredTool.fromZod(z.object({ colour: z.string() }), { name: "person" }),
      useSchemaInstruction: true,
      useHistory: false,
    });
    const registry = new EntityRegistry(new MemoryStorage());
    const orchestrator = new InferenceOrchestrator({ registry, clients: { [provider]: wire.client }, callables });
    await orchestrator.runParallel([thread]);
    thread.newMessage = "the second question";
    const [outcome] = await orchestrator.runParallel([thread]);
    expect(outcome?.status).toBe("completed");
    for (const body of wire.bodies) {
      expect(body).toContain('"name":"look"');
      expect(body).toContain("Please follow this JSON schema for your response");
      expect(body).toContain('\\"colour\\"');
    }
    expect(wire.bodies).toHaveLength(4);
    expect(wire.bodies.slice(2).join()).not.toContain("the first question");
  });
});
