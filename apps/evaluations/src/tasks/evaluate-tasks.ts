import type { EntityRegistry } from "@minference/ecs";
import { withProviders } from "../providers.ts";
import { type EvaluationReport, serverTotals } from "../report.ts";
import { runTasks } from "./run-tasks.ts";
import { scriptedTasks } from "./scripted-tasks.ts";
import type { TaskFile } from "./task.ts";

/** Puts every task of a file to a scripted model on each wire, and reports what came of it. */
export async function evaluateTasks(suite: string, { tasks, unusable }: TaskFile, registry: EntityRegistry): Promise<EvaluationReport> {
  return withProviders({ script: scriptedTasks(tasks) }, async (providers) => {
    const startedAt = performance.now();
    const all = await Promise.all(providers.map(({ client, wire }) => runTasks(tasks, { suite, wire, client, registry })));
    const elapsedMs = performance.now() - startedAt;
    const results = all.flat();
    return {
      suite,
      problems: tasks.length + unusable.length,
      unusable,
      conversations: results.length,
      right: results.filter(({ wrong }) => wrong === null).length,
      turns: results.reduce((sum, result) => sum + result.turns, 0),
      calls: results.reduce((sum, result) => sum + result.calls, 0),
      wrong: results.flatMap(({ id, wire, wrong }) => (wrong === null ? [] : [{ id, wire, reason: wrong }])),
      server: serverTotals(providers),
      elapsedMs,
      utilisation: null,
    };
  });
}
