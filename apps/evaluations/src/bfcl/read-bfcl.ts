import { join } from "node:path";
import { JsonSchemaValidator } from "@minference/clients";
import * as z from "zod";
import { readJsonLines } from "../tasks/read-json-lines.ts";
import type { ExpectedCall, Task, TaskFile, TaskTool, Unusable } from "../tasks/task.ts";
import { firstAlternatives } from "./ground-truth.ts";
import { SchemaError, toJsonSchema } from "./json-schema.ts";

/** Describes a function as these files do. */
export const functionDoc = z.object({ name: z.string(), description: z.string(), parameters: z.unknown() });

const problemLine = z.object({
  id: z.string(),
  question: z.array(z.array(z.object({ role: z.string(), content: z.string() })).min(1)).min(1),
  function: z.array(functionDoc).min(1),
});

const answerLine = z.object({ id: z.string(), ground_truth: z.array(z.record(z.string(), z.record(z.string(), z.json()))) });

/** Puts the description of a function as a tool. Throws {@link SchemaError}. */
export function toTool({ description, name, parameters }: z.output<typeof functionDoc>): TaskTool {
  return { name, description, inputSchema: toJsonSchema(parameters) };
}

/**
 * Reads the problems of one file, each a question and the calls that answer it, made in parallel. Of the alternatives a right call is listed
 * with, the first that fits is taken. Problems whose right calls their own tools would refuse are unusable.
 */
export async function readBfcl(directory: string, name: string): Promise<TaskFile> {
  const problems = await readJsonLines(join(directory, `${name}.jsonl`), problemLine);
  const answers = await readJsonLines(join(directory, `${name}.answers.jsonl`), answerLine);
  const truths = new Map(answers.map((answer) => [answer.id, answer.ground_truth]));
  const validator = new JsonSchemaValidator();
  const tasks: Task[] = [];
  const unusable: Unusable[] = [];
  for (const problem of problems) {
    const read = toTask(problem, truths.get(problem.id) ?? [], validator);
    if (typeof read === "string") unusable.push({ id: problem.id, reason: read });
    else tasks.push(read);
  }
  return { tasks, unusable };
}

function toTask(
  problem: z.output<typeof problemLine>,
  truth: z.output<typeof answerLine>["ground_truth"],
  validator: JsonSchemaValidator,
): Task | string {
  let tools: TaskTool[];
  try {
    tools = problem.function.map(toTool);
  } catch (error) {
    if (error instanceof SchemaError) return error.message;
    throw error;
  }
  if (truth.length === 0) return "no right calls are given";
  const calls: ExpectedCall[] = [];
  for (const [name, listed] of truth.flatMap((entry) => Object.entries(entry))) {
    const tool = tools.find((offered) => offered.name === name);
    if (tool === undefined) return `the right call is of ${name}, which is not offered`;
    const chosen = firstAlternatives(listed, tool.inputSchema, (schema, value) => validator.errors(schema, value).length === 0);
    if (chosen === null) return `the right call of ${name} leaves open what its arguments are`;
    const wrong = validator.errors(tool.inputSchema, chosen);
    if (wrong.length > 0) return `the right call of ${name} does not fit its schema: ${wrong.join("; ")}`;
    calls.push({ name, arguments: chosen });
  }
  const said = problem.question.flat().map(({ content }) => content);
  return { id: problem.id, tools, turns: [{ said: said.join("\n\n"), steps: [calls], answer: `${problem.id} is done.` }] };
}
