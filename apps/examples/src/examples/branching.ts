// Tries several ways to go on from one point of a conversation, keeps the best, and goes back to an older point to change what was said.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { bestOf, branchThread, ChatThread, compareBranches, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

const styles = ["funny", "rhyming", "very short", "old-fashioned"];

/** The fewer words the better, as long as it is about bread. */
function score({ lastAnswer }: ChatThread): number {
  const slogan = lastAnswer?.content ?? "";
  return /bread/i.test(slogan) ? 1 / slogan.split(/\s+/).length : 0;
}

export async function branching({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const registry = new EntityRegistry(new MemoryStorage());
  const orchestrator = new InferenceOrchestrator({ registry, clients });
  const thread = ChatThread.create({
    llmConfig: LLMConfig.create({ client, model, maxTokens: 100 }),
    newMessage: "I open a bakery named Crust. Ask me one question about it.",
  });
  const [first] = await orchestrator.runParallel([thread]);
  if (first?.status !== "completed") {
    print(answerOf(first));
    return;
  }
  const afterFirstTurn = thread.ecsId;

  // Four branches of this version run at once; the best becomes the thread's last version, the others stay in its history.
  const { best, branches } = await bestOf(orchestrator, thread, styles.length, score, {
    vary(copy, index) {
      copy.newMessage = `It is the bread. Write a ${styles[index]} slogan with the word bread.`;
    },
  });
  for (const { outcome, score: reached, thread: branch } of branches)
    print(`${reached?.toFixed(2) ?? "none"} ${answerOf(outcome)}${branch === best?.thread ? " (kept)" : ""}`);

  // Any stored version can be branched from, also one that others have gone on from.
  const other = await branchThread(registry, afterFirstTurn, (copy) => {
    copy.newMessage = "It is the cake. Write a slogan with the word cake.";
  });
  const [instead] = await orchestrator.runParallel([other]);
  print(`instead: ${answerOf(instead)}`);

  const kept = best?.thread ?? thread;
  const { ancestorId, branches: compared } = await compareBranches(registry, [kept.ecsId, other.ecsId]);
  print(`both come from the version after the first turn: ${ancestorId === afterFirstTurn}`);
  for (const { messages } of compared) print(`  since then: ${messages.map(({ content }) => content).join(" | ")}`);
  print(`branches in all: ${(await registry.lineage(thread.lineageId)).heads.length}`);
}
