// A run that is broken off in the midst of it, and taken up again by another process would be: nothing that was answered is asked again.
import { join } from "node:path";
import { EntityRegistry } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { ChatThread, InferenceOrchestrator, listRuns, LLMConfig, type Outcome } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

const cities = ["Lima", "Oslo", "Cairo", "Hanoi", "Quito", "Turin"];

export async function resume({ answerOf, client, clients, directory, model, print }: Setting): Promise<void> {
  const path = join(directory, "chats.db");
  const breakOff = new AbortController();
  let answers = 0;

  const registry = new EntityRegistry(await openSqlite(path));
  const llmConfig = LLMConfig.create({ client, model });
  const threads = cities.map((name) => ChatThread.create({ name, llmConfig, newMessage: `Which country is ${name} in?` }));
  const broken = await new InferenceOrchestrator({ registry, clients }).runParallel(threads, {
    run: "countries",
    signal: breakOff.signal,
    onEvent({ type }) {
      if (type === "request_answered" && (answers += 1) === 3) breakOff.abort(); // as kill -9 would, at any moment
    },
  });
  print(`broken off: ${summary(broken)}`);
  await registry.close();

  // From here on it might be another process, hours later: all that is needed is in the store.
  const again = new EntityRegistry(await openSqlite(path));
  const orchestrator = new InferenceOrchestrator({ registry: again, clients });
  const [run] = await listRuns(again);
  if (run === undefined) throw new Error("no run is stored");
  print(`run ${run.name}: ${run.counts.completed} of ${run.threads} completed`);

  // What was sent and has no stored answer may have been answered, and paid for: by default it is left to you to decide.
  print(`resumed: ${summary(await orchestrator.resume(run.runId))}`);
  const outcomes = await orchestrator.resume(run.runId, { onDoubt: "retry" });
  print(`resumed with retry: ${summary(outcomes)}`);
  for (const outcome of outcomes) print(`${outcome.thread.name}: ${answerOf(outcome)} (sent ${outcome.attempts} times)`);
  await again.close();
}

function summary(outcomes: readonly Outcome[]): string {
  const counts = Map.groupBy(outcomes, ({ status }) => status);
  return Array.from(counts, ([status, each]) => `${each.length} ${status}`)
    .toSorted()
    .join(", ");
}
