import { join } from "node:path";
import { JsonSchemaValidator } from "@minference/clients";
import * as z from "zod";
import { SchemaError } from "../bfcl/json-schema.ts";
import { functionDoc, toTool } from "../bfcl/read-bfcl.ts";
import { readJsonLines } from "../tasks/read-json-lines.ts";
import type { ExpectedCall, Task, TaskFile, TaskTool, Unusable } from "../tasks/task.ts";
import { parsePythonCall, PythonSyntaxError } from "./python-call.ts";

/** The files that describe the functions of each class. */
const docsOf: Readonly<Record<string, string>> = {
  GorillaFileSystem: "gorilla_file_system",
  MathAPI: "math_api",
  MessageAPI: "message_api",
  TwitterAPI: "posting_api",
  TicketAPI: "ticket_api",
  TradingBot: "trading_bot",
  TravelAPI: "travel_booking",
  VehicleControlAPI: "vehicle_control",
};

const problemLine = z.object({
  id: z.string(),
  question: z.array(z.array(z.object({ role: z.literal("user"), content: z.string().min(1) }))),
  involved_classes: z.array(z.string()),
  excluded_function: z.array(z.string()).default([]),
});

const answerLine = z.object({ id: z.string(), ground_truth: z.array(z.array(z.string())) });

type Problem = z.output<typeof problemLine>;

/**
 * Reads problems of several turns. The right calls of a turn are written in Python and come one after the other, each after the result of
 * the one before; the functions of all classes involved are offered. Problems whose right calls their own tools would refuse are unusable.
 */
export async function readMultiTurn(directory: string): Promise<TaskFile> {
  const problems = await readJsonLines(join(directory, "multi_turn_base.jsonl"), problemLine);
  const answers = await readJsonLines(join(directory, "multi_turn_base.answers.jsonl"), answerLine);
  const truths = new Map(answers.map((answer) => [answer.id, answer.ground_truth]));
  const docs = new Map<string, readonly z.output<typeof functionDoc>[]>();
  for (const name of new Set(problems.flatMap((problem) => problem.involved_classes))) {
    const file = docsOf[name];
    if (file !== undefined) docs.set(name, await readJsonLines(join(directory, "multi_turn_func_doc", `${file}.jsonl`), functionDoc));
  }
  const validator = new JsonSchemaValidator();
  const tasks: Task[] = [];
  const unusable: Unusable[] = [];
  for (const problem of problems) {
    try {
      tasks.push(toTask(problem, truths.get(problem.id) ?? [], docs, validator));
    } catch (error) {
      if (!(error instanceof SchemaError || error instanceof PythonSyntaxError)) throw error;
      unusable.push({ id: problem.id, reason: error.message });
    }
  }
  return { tasks, unusable };
}

function toTask(
  { excluded_function: excluded, id, involved_classes: classes, question }: Problem,
  truth: readonly (readonly string[])[],
  docs: ReadonlyMap<string, readonly z.output<typeof functionDoc>[]>,
  validator: JsonSchemaValidator,
): Task {
  if (truth.length !== question.length) throw new SchemaError(`${truth.length} turns of right calls for ${question.length} turns`);
  const tools = classes
    .flatMap((name) => docs.get(name) ?? [])
    .filter(({ name }) => !excluded.includes(name))
    .map(toTool);
  const turns = question.map((messages, turn) => ({
    said: messages.map(({ content }) => content).join("\n\n"),
    steps: (truth[turn] ?? []).map((text) => [toCall(text, tools, validator)]),
    answer: `Turn ${turn + 1} of ${id} is done.`,
  }));
  return { id, tools, turns };
}

function toCall(text: string, tools: readonly TaskTool[], validator: JsonSchemaValidator): ExpectedCall {
  const { name, named, positional } = parsePythonCall(text);
  const tool = tools.find((offered) => offered.name === name);
  if (tool === undefined) throw new SchemaError(`the right call is of ${name}, which is not offered`);
  const parameters = Object.keys(z.record(z.string(), z.unknown()).catch({}).parse(tool.inputSchema["properties"]));
  if (positional.length > parameters.length) throw new SchemaError(`${text} has more arguments than ${name} takes`);
  const placed = positional.map((value, index) => [parameters[index] ?? "", value] as const);
  const call = { name, arguments: { ...Object.fromEntries(placed), ...named } };
  const wrong = validator.errors(tool.inputSchema, call.arguments);
  if (wrong.length > 0) throw new SchemaError(`the right call ${text} does not fit its schema: ${wrong.join("; ")}`);
  return call;
}
