import type { ChatClient } from "@minference/clients";
import { type EntityStorage, EntityRegistry } from "@minference/ecs";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import * as z from "zod";

export async function multiplyAll(client: ChatClient, storage: EntityStorage, questions: readonly string[]): Promise<string[]> {
  const callables = new CallableRegistry();
  const multiply = callables.register({
    name: "multiply",
    docstring: "Multiplies two numbers",
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.number(),
    run: ({ a, b }) => a * b,
  });
  const llmConfig = LLMConfig.create({ client: "openai", model: "gpt-4.1-mini", responseFormat: "auto_tools" });
  const threads = questions.map((newMessage) => ChatThread.create({ newMessage, llmConfig, tools: [multiply] }));

  const registry = new EntityRegistry(storage);
  const orchestrator = new InferenceOrchestrator({ registry, clients: { openai: client }, callables });
  const outcomes = await orchestrator.runParallel(threads);
  return outcomes.map((outcome) => (outcome.status === "completed" ? outcome.answer.content : outcome.status));
}
