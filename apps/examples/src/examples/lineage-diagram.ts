// Draws the versions of a conversation, branch and merge included, and what it is made of, as Mermaid diagrams.
import { EntityRegistry, renderDependencyGraph, renderLineage } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig, SystemPrompt } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

export async function lineageDiagram({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const registry = new EntityRegistry(new MemoryStorage());
  const orchestrator = new InferenceOrchestrator({ registry, clients });
  const thread = ChatThread.create({
    name: "trip",
    llmConfig: LLMConfig.create({ client, model }),
    systemPrompt: new SystemPrompt({ name: "guide", content: "You are a travel guide. Answer in one sentence." }),
    newMessage: "Where shall I go in May?",
  });
  const [first] = await orchestrator.runParallel([thread]);
  if (first?.status !== "completed") {
    print(answerOf(first));
    return;
  }

  // Two ways to go on from the same answer: one here, one on a copy of that version.
  const other = await registry.get(ChatThread, thread.ecsId);
  thread.newMessage = "By train, please.";
  other.newMessage = "By bicycle, please.";
  for (const outcome of await orchestrator.runParallel([thread, other], { onConflict: "branch" }))
    if (outcome.status !== "completed") print(answerOf(outcome));

  const lineage = await registry.lineage(thread.lineageId);
  const versions = await registry.getMany(
    ChatThread,
    lineage.versions.map(({ ecsId }) => ecsId),
  );
  const lastWords = new Map(versions.map(({ ecsId, history }) => [ecsId, history.at(-1)?.content]));
  print(renderLineage(lineage, { label: ({ version }, number) => `${number}: ${lastWords.get(version.ecsId)}`, labelLength: 30 }));
  print(renderDependencyGraph(thread, { direction: "right" }));
}
