// Puts the same questions to every provider there is, in one batch: each thread names its client, each client keeps its own limits.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig, sumUsages } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

const questions = ["Name one use of helium.", "Name one river in Asia.", "Name one prime number above 90."];

export async function severalProviders({ answerOf, clients, print, providers }: Setting): Promise<void> {
  const threads = providers.flatMap(({ client, model }) => {
    const llmConfig = LLMConfig.create({ client, model, maxTokens: 100 });
    return questions.map((newMessage) => ChatThread.create({ name: newMessage, llmConfig, newMessage }));
  });

  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients });
  const outcomes = await orchestrator.runParallel(threads);

  for (const { client } of providers) {
    const own = outcomes.filter(({ thread }) => thread.llmConfig.client === client);
    for (const outcome of own) print(`${client}: ${outcome.thread.name} ${answerOf(outcome)}`);
    const { completionTokens, promptTokens } = sumUsages(own.flatMap(({ thread }) => thread.usages));
    print(`${client}: ${promptTokens} tokens read, ${completionTokens} written`);
  }
}
