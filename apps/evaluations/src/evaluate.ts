import { join } from "node:path";
import type { EntityRegistry } from "@minference/ecs";
import { readBfcl } from "./bfcl/read-bfcl.ts";
import { evaluateGsm8k, type Gsm8kSetting } from "./gsm8k/evaluate-gsm8k.ts";
import { readMtBench } from "./mt-bench/read-mt-bench.ts";
import { readMultiTurn } from "./multi-turn/read-multi-turn.ts";
import type { EvaluationReport } from "./report.ts";
import { evaluateTasks } from "./tasks/evaluate-tasks.ts";

/** What can be evaluated. */
export const evaluations = ["bfcl", "multi-turn", "gsm8k", "mt-bench"] as const;

/** The name of an evaluation. */
export type EvaluationName = (typeof evaluations)[number];

/** The files of calls that answer one question. */
const bfclFiles = ["simple_python", "parallel", "parallel_multiple"];

/** Carries out an evaluation on a directory of data files; one report a file. */
export async function* evaluate(
  name: EvaluationName,
  data: string,
  registry: EntityRegistry,
  gsm8k: Omit<Gsm8kSetting, "path">,
): AsyncGenerator<EvaluationReport, void> {
  switch (name) {
    case "bfcl":
      for (const file of bfclFiles) yield await evaluateTasks(file, await readBfcl(join(data, "bfcl"), file), registry);
      return;
    case "multi-turn":
      yield await evaluateTasks("multi_turn_base", await readMultiTurn(join(data, "bfcl")), registry);
      return;
    case "mt-bench":
      yield await evaluateTasks("mt-bench", await readMtBench(join(data, "mt-bench")), registry);
      return;
    case "gsm8k":
      yield await evaluateGsm8k({ ...gsm8k, path: join(data, "gsm8k", "test.jsonl") }, registry);
      return;
  }
}
