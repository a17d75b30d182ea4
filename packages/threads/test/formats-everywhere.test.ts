import { providerNames } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  CallableRegistry,
  ChatThread,
  formatSupport,
  InferenceOrchestrator,
  LLMConfig,
  type ResponseFormatName,
  responseFormats,
  StructuredTool,
} from "../src/index.ts";
import { connect } from "./support/wire.ts";

const colour = { colour: "blue" };

/** Does what it is asked for: calls the tool it has to or may call, goes on with what was begun, gives the object. */
const obliging: SimulatedScript = ({ request }) => {
  const { messages, toolChoice } = request;
  const last = messages.at(-1);
  if (typeof toolChoice === "object") return { toolCalls: [{ name: toolChoice.name, arguments: {} }] };
  if (toolChoice === "auto" && last?.role === "user") return { toolCalls: [{ name: "first", arguments: {} }] };
  return { text: last?.role === "assistant" ? `\n${JSON.stringify(colour)}\n\`\`\`` : JSON.stringify(colour) };
};

const ran: Readonly<Record<ResponseFormatName, readonly string[]>> = {
  text: [],
  json_beg: [],
  json_object: [],
  structured_output: [],
  tool: ["first"],
  auto_tools: ["first"],
  workflow: ["first", "second"],
};

describe.each(providerNames)("%s", (provider) => {
  test.each(responseFormats)("answers in the format %s over HTTP, or it is refused before anything is sent", async (responseFormat) => {
    const make = (): LLMConfig => LLMConfig.create({ client: provider, model: "model-1", responseFormat });
    if ("refusal" in formatSupport(provider, responseFormat)) {
      expect(make).toThrow(/use structured_output or json_beg/);
      return;
    }
    await using wire = await connect(provider, obliging);
    const callables = new CallableRegistry();
    const called: string[] = [];
    const input = z.object({});
    const register = (name: string) =>
      callables.register({ name, docstring: name, input, output: z.string(), run: () => (called.push(name), "done") });
    const tools = [register("first"), register("second")];
    const schema = StructuredTool.fromZod(z.object({ colour: z.string() }), { name: "answer" });
    const forcedOutput = responseFormat === "tool" ? (tools[0] ?? null) : responseFormat === "structured_output" ? schema : null;
    const thread = ChatThread.create({ llmConfig: make(), tools, forcedOutput, newMessage: "What colour is the sky?" });
    const registry = new EntityRegistry(new MemoryStorage());
    const orchestrator = new InferenceOrchestrator({ registry, clients: { [provider]: wire.client }, callables });
    const [outcome] = await orchestrator.runParallel([thread]);
    if (outcome?.status === "failed") throw outcome.error;
    expect(outcome?.status).toBe("completed");
    expect(called).toEqual(ran[responseFormat]);
    const objects = ["json_beg", "json_object", "structured_output"];
    expect(outcome?.outputs.at(-1)?.jsonObject?.object).toEqual(objects.includes(responseFormat) ? colour : undefined);
    expect(wire.server.counts()).toMatchObject({ answered: outcome?.attempts, refused: 0 });
  });
});
