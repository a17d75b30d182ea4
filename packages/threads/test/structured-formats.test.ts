import { textOf } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ChatThread, InferenceOrchestrator, LLMConfig, type Outcome, type ResponseFormatName, StructuredTool } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { connect } from "./support/wire.ts";

const person = () => StructuredTool.fromZod(z.object({ name: z.string(), age: z.int() }), { name: "person" });
const ada = { name: "Ada", age: 36 };

function objectOf(outcome: Outcome | undefined): unknown {
  if (outcome?.status === "failed") throw outcome.error;
  return outcome?.outputs.at(-1)?.jsonObject?.object;
}

async function ask(provider: "openai" | "anthropic", responseFormat: ResponseFormatName, script: SimulatedScript, reasoner = false) {
  await using wire = await connect(provider, script);
  const llmConfig = LLMConfig.create({ client: provider, model: "model-1", responseFormat, reasoner, maxTokens: 4_000 });
  const forcedOutput = person();
  const thread = ChatThread.create({ llmConfig, forcedOutput, newMessage: "Who was the first programmer?" });
  const orchestrator = new InferenceOrchestrator({
    registry: new EntityRegistry(new MemoryStorage()),
    clients: { [provider]: wire.client },
  });
  const [outcome] = await orchestrator.runParallel([thread]);
  thread.newMessage = "And what was her first name?";
  const [second] = await orchestrator.runParallel([thread]);
  return { outcome, second, thread, body: wire.bodies[0] ?? "", secondBody: wire.bodies[1] ?? "", counts: wire.server.counts() };
}

describe.each([
  ["openai", false],
  ["openai", true],
  ["anthropic", false],
  ["anthropic", true],
] as const)("structured_output over HTTP on the %s wire, reasoner %s", (provider, reasoner) => {
  test("the provider is given the schema, and the answer is the object", async () => {
    const script: SimulatedScript = ({ request }) => {
      if (request.responseFormat?.type !== "json_schema") return { refuse: { status: 400, message: "no schema" } };
      return { text: JSON.stringify(ada) };
    };
    const { body, outcome, second, thread } = await ask(provider, "structured_output", script, reasoner);
    expect(objectOf(outcome)).toEqual(ada);
    expect(objectOf(second)).toEqual(ada);
    expect(outcome?.outputs[0]?.jsonObject).toMatchObject({ name: "person", toolCallId: null });
    expect(thread.history.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    expect(body).toMatch(provider === "openai" ? /"response_format":\{"type":"json_schema"/ : /"format":\{"type":"json_schema"/);
    expect(body).not.toContain('"tools"');
  });
});

test("json_object asks openai for its JSON mode, and speaks of JSON where nobody else does", async () => {
  const { body, outcome, thread } = await ask("openai", "json_object", () => ({ text: JSON.stringify(ada) }));
  expect(objectOf(outcome)).toEqual(ada);
  expect(body).toContain('"response_format":{"type":"json_object"}');
  expect(body).toContain("Who was the first programmer?\\n\\nPlease provide your response in JSON format.");
  expect(thread.history[0]?.content).toBe("Who was the first programmer?");
  thread.newMessage = "Once more as JSON.";
  const last = thread.toRequest().messages.at(-1);
  expect(last?.role === "user" && textOf(last)).toBe("Once more as JSON.");
});

test("json_beg begins the answer for anthropic, joins it again before it is read and stored, and sends it back as it was", async () => {
  const { body, outcome, second, secondBody, thread } = await ask("anthropic", "json_beg", ({ request }) => {
    const last = request.messages.at(-1);
    if (last?.role !== "assistant") return { refuse: { status: 400, message: "nothing was begun" } };
    return { text: `\n${JSON.stringify(ada)}\n\`\`\`` };
  });
  const joined = `Here's the valid JSON object response:\`\`\`json\n${JSON.stringify(ada)}\n\`\`\``;
  expect(objectOf(outcome)).toEqual(ada);
  expect(objectOf(second)).toEqual(ada);
  expect(outcome?.outputs[0]?.content).toBe(joined);
  expect(outcome?.outputs[0]?.rawOutput.content).toBe(`\n${JSON.stringify(ada)}\n\`\`\``);
  expect(thread.history[1]?.content).toBe(joined);
  expect(body).not.toContain("Please provide your response");
  expect(secondBody).toContain(JSON.stringify(joined));
});

test("json_beg asks a Claude model that refuses a begun answer for JSON at the end of the message", async () => {
  const bench = makeBench(() => ({ text: '{"a":1}' }), { provider: "anthropic" });
  const llmConfig = LLMConfig.create({ client: "anthropic", model: "claude-opus-4-6", responseFormat: "json_beg", reasoner: true });
  const thread = bench.thread("json_beg", { llmConfig });
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(objectOf(outcome)).toEqual({ a: 1 });
  expect(thread.history.at(-1)?.content).toBe('{"a":1}');
  const last = bench.client.requests[0]?.messages.at(-1);
  expect(last?.role === "user" && textOf(last)).toContain("Please provide your response in JSON format.");
});

test("json_beg asks openai for JSON at the end of the message, and reads the fence", async () => {
  const { body, outcome, thread } = await ask("openai", "json_beg", () => ({ text: `Sure!\n\`\`\`json\n${JSON.stringify(ada)}\n\`\`\`` }));
  expect(objectOf(outcome)).toEqual(ada);
  expect(body).toContain("Please provide your response in JSON format.");
  expect(body).not.toContain("valid JSON object response");
  expect(thread.history.map(({ content }) => content)[0]).toBe("Who was the first programmer?");
});

test("without a structured tool json_beg takes any object or list, and json_object any object", async () => {
  const bench = makeBench(({ request }) => ({ text: request.responseFormat === undefined ? "[1,2]" : '{"free":true}' }));
  const outcomes = await bench.orchestrator.runParallel([bench.thread("json_beg"), bench.thread("json_object")]);
  expect(outcomes.map(objectOf)).toEqual([[1, 2], { free: true }]);
  expect(outcomes[0]?.outputs[0]?.jsonObject?.name).toBe("json_beg");
});

test("the provider behind a client of another name decides how it is asked, and what is refused", async () => {
  const bench = makeBench(() => ({ text: '{"a":1}\n```' }), { provider: "anthropic" });
  const orchestrator = new InferenceOrchestrator({ registry: bench.registry, clients: { mine: bench.client } });
  const make = (responseFormat: ResponseFormatName): ChatThread =>
    ChatThread.create({ llmConfig: LLMConfig.create({ client: "mine", model: "m", responseFormat }), newMessage: "go" });
  const [begun, refused] = await orchestrator.runParallel([make("json_beg"), make("json_object")]);
  expect(objectOf(begun)).toEqual({ a: 1 });
  expect(bench.client.requests[0]?.messages.at(-1)?.role).toBe("assistant");
  expect(refused).toMatchObject({ status: "failed", attempts: 0, error: { code: "invalid_config" } });
});

test("a prefill that anthropic refuses is refused here, with the reason", () => {
  const llmConfig = LLMConfig.create({ client: "anthropic", responseFormat: "json_beg" });
  expect(() => ChatThread.create({ llmConfig, prefill: "```json\n" })).toThrow(/ends without a space/);
  expect(() => ChatThread.create({ llmConfig, prefill: "" })).toThrow(/prefill has to be some text/);
  const structured = LLMConfig.create({ client: "openai", responseFormat: "structured_output" });
  expect(() => ChatThread.create({ llmConfig: structured })).toThrow(/needs a StructuredTool/);
});
