// Asks models of several makers over OpenRouter, with one key; DeepSeek's thoughts come along.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

export async function openrouter({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const newMessage = "How many letters r are in strawberry? Answer with a number.";
  const threads = [
    ChatThread.create({ llmConfig: LLMConfig.create({ client, model, maxTokens: 20 }), newMessage }),
    ChatThread.create({
      llmConfig: LLMConfig.create({ client, model: "deepseek/deepseek-r1", reasoner: true, maxTokens: 2_000 }),
      newMessage,
    }),
  ];
  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients });
  for (const outcome of await orchestrator.runParallel(threads)) {
    if (outcome.status !== "completed") {
      print(answerOf(outcome));
      continue;
    }
    const thought = outcome.answer.answerParts.find((part) => part.type === "reasoning")?.text;
    print(
      `${client}, ${outcome.thread.llmConfig.model}: ${outcome.answer.content}${thought === undefined ? "" : ` (thought: ${thought})`}`,
    );
  }
}
