import { join } from "node:path";
import * as z from "zod";
import { readJsonLines } from "../tasks/read-json-lines.ts";
import type { TaskFile } from "../tasks/task.ts";

const questionLine = z.object({ question_id: z.int(), turns: z.array(z.string().min(1)).min(1) });

const referenceLine = z.object({ question_id: z.int(), choices: z.array(z.object({ turns: z.array(z.string()) })).min(1) });

/** Reads questions of two turns without tools. The model gives the reference answers where there are some. */
export async function readMtBench(directory: string): Promise<TaskFile> {
  const questions = await readJsonLines(join(directory, "question.jsonl"), questionLine);
  const references = await readJsonLines(join(directory, "reference-answer-gpt-4.jsonl"), referenceLine);
  const answers = new Map(references.map(({ choices, question_id: id }) => [id, choices[0]?.turns ?? []]));
  const tasks = questions.map(({ question_id: id, turns }) => ({
    id: String(id),
    tools: [],
    turns: turns.map((said, turn) => ({
      said,
      steps: [],
      answer: answers.get(id)?.[turn] ?? `There is no reference for turn ${turn + 1} of question ${id}.`,
    })),
  }));
  return { tasks, unusable: [] };
}
