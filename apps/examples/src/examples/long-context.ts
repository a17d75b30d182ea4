// Asks question after question about a long document. A turn stores what it adds, and the provider may read the document from its cache.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig, SystemPrompt } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

/** A log of 1,500 lines, one of them unlike the others. */
const log = Array.from({ length: 1_500 }, (_, line) =>
  line === 1_234
    ? "line 1234: pump 7 stopped, pressure 0.2 bar"
    : `line ${line}: pump ${line % 9} runs, pressure ${(2 + (line % 5) / 10).toFixed(1)} bar`,
).join("\n");

const questions = ["Which pump stopped?", "In which line of the log?", "What was its pressure?"];

export async function longContext({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const storage = new MemoryStorage();
  const registry = new EntityRegistry(storage);
  const orchestrator = new InferenceOrchestrator({ registry, clients });
  const thread = ChatThread.create({
    llmConfig: LLMConfig.create({ client, model, maxTokens: 50, useCache: true }),
    systemPrompt: new SystemPrompt({ name: "log", content: `Answer briefly, from this log:\n${log}` }),
  });
  await registry.register(thread);

  for (const question of questions) {
    const before = await storage.statistics();
    thread.newMessage = question;
    const [outcome] = await orchestrator.runParallel([thread]);
    if (outcome?.status !== "completed") {
      print(answerOf(outcome));
      return;
    }
    const { content, usage } = outcome.answer;
    const after = await storage.statistics();
    print(`${question} ${content}`);
    print(
      `  ${usage?.promptTokens} tokens read, ${usage?.cacheReadInputTokens ?? 0} of them cached; ${after.bytes - before.bytes} bytes stored`,
    );
  }
}
