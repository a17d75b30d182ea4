// Asks many questions at once, as fast as the provider's limits allow, and prints each answer as soon as it is there.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig, sumUsages } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

const countries = ["France", "Japan", "Brazil", "Kenya", "Norway", "Peru", "Egypt", "Canada", "Mongolia", "Portugal", "Ghana", "Fiji"];

export async function parallelText({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const llmConfig = LLMConfig.create({ client, model });
  const threads = countries.map((name) =>
    ChatThread.create({ name, llmConfig, newMessage: `What is the capital of ${name}? Answer with its name only.` }),
  );

  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients });
  for await (const outcome of orchestrator.run(threads)) print(`${outcome.thread.name}: ${answerOf(outcome)}`);

  const { totalTokens } = sumUsages(threads.flatMap((thread) => thread.usages));
  print(`${threads.length} questions, ${totalTokens} tokens`);
}
