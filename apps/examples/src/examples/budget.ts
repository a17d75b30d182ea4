// Spends no more than it may: what a request can cost at most is reserved before it leaves, and what would not fit is not sent.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { Budget, ChatThread, InferenceOrchestrator, LLMConfig, usageOf } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

const limit = 300; // tokens; { usd: 0.01 } limits money

export async function budget({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const registry = new EntityRegistry(new MemoryStorage());
  const llmConfig = LLMConfig.create({ client, model, maxTokens: 120 });
  const threads = ["tea", "coffee", "cocoa", "milk", "water"].map((name) =>
    ChatThread.create({ name, llmConfig, newMessage: `Write two sentences in praise of ${name}.` }),
  );

  const spending = new Budget({ total: { tokens: limit } });
  const orchestrator = new InferenceOrchestrator({ registry, clients });
  const outcomes = await orchestrator.runParallel(threads, { budget: spending, run: "praise" });
  for (const outcome of outcomes) print(`${outcome.thread.name}: ${answerOf(outcome)}`);

  // What was spent is asked of the store, also tomorrow and by another process.
  const { answers, totalTokens } = await usageOf(registry, { run: "praise" });
  print(`${answers} answers, within the budget: ${totalTokens <= limit}`);
}
