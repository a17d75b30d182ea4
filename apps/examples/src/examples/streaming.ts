// Tells of answers while they are written, several at once; what is stored is each whole answer, or nothing of one that was cut off.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

export async function streaming({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const llmConfig = LLMConfig.create({ client, model, maxTokens: 200 });
  const threads = ["spring", "autumn"].map((name) => ChatThread.create({ name, llmConfig, newMessage: `Write a haiku about ${name}.` }));
  const written = threads.map(() => "");

  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients });
  const outcomes = await orchestrator.runParallel(threads, {
    stream: true,
    onEvent(event) {
      if (event.type === "answer_started") written[event.index] = ""; // what an earlier attempt said is void
      if (event.type !== "text_delta") return;
      written[event.index] += event.text;
      print(`${event.thread.name}: …${event.text}`);
    },
  });

  for (const outcome of outcomes) {
    const { index, thread } = outcome;
    print(`${thread.name}, whole: ${answerOf(outcome)}`);
    if (outcome.status === "completed") print(`the pieces add up to it: ${written[index] === outcome.answer.content}`);
  }
}
