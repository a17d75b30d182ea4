// Asks a model that thinks before it answers. What it thought is kept as it came, signature and all, and goes back with the next turn.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

const questions = ["A bat and a ball cost 1.10 together. The bat costs 1 more than the ball. What does the ball cost?", "And the bat?"];

export async function reasoning({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const llmConfig = LLMConfig.create({ client, model, reasoner: true, reasoningEffort: "low", maxTokens: 4_000 });
  const thread = ChatThread.create({ llmConfig });
  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients });

  for (const question of questions) {
    thread.newMessage = question;
    const [outcome] = await orchestrator.runParallel([thread]);
    if (outcome?.status !== "completed") {
      print(answerOf(outcome));
      return;
    }
    print(`asked: ${question}`);
    for (const part of outcome.answer.answerParts) {
      if (part.type === "reasoning") print(`thought: ${part.text === "" ? "(not shown by the provider)" : part.text}`);
      if (part.type === "text") print(`answered: ${part.text}`);
    }
    print(`tokens written: ${outcome.answer.usage?.completionTokens}`);
  }
}
