import { isDeepStrictEqual } from "node:util";
import { type ChatRequest, type JsonObject, type JsonValue, type Message, textOf, toolCallsOf } from "@minference/clients";
import type { SimulatedAnswer, SimulatedRefusal, SimulatedScript } from "@minference/clients/testing";
import { type ExpectedCall, type Task, taskInstructions, toolResult } from "./task.ts";
import { withNulls } from "./with-nulls.ts";

/** One message of a conversation as it has to be. */
type Expected =
  | { readonly role: "user" | "answer"; readonly text: string }
  | { readonly role: "calls" | "results"; readonly calls: readonly ExpectedCall[] };

/**
 * Plays a model that knows how its tasks are solved: it makes the right calls, and refuses a conversation that is not exactly what was said
 * so far, or in which a result is missing or another than the tool gave.
 */
export function scriptedTasks(tasks: readonly Task[]): SimulatedScript {
  const scripts = new Map(tasks.map((task) => [taskInstructions(task.id), { task, expected: courseOf(task) }] as const));
  return ({ request }) => {
    const [instructions, ...said] = request.messages;
    const script = instructions?.role === "system" ? scripts.get(instructions.text) : undefined;
    if (script === undefined) return refusal("No task has these instructions.");
    const { expected, task } = script;
    const names = wireNames(task, request);
    if (names === null) return refusal(`The tools of ${task.id} are not the ones that are offered.`);
    for (const [index, message] of said.entries()) {
      const wrong = differs(message, expected[index], said[index - 1], names);
      if (wrong !== null) return refusal(`${task.id}, message ${index + 1}: ${wrong}`);
    }
    return answerAs(expected[said.length], names, request) ?? refusal(`${task.id}: nothing is to be said here.`);
  };
}

function courseOf({ turns }: Task): readonly Expected[] {
  return turns.flatMap(({ answer, said, steps }): readonly Expected[] => [
    { role: "user", text: said },
    ...steps.flatMap((calls): readonly Expected[] => [
      { role: "calls", calls },
      { role: "results", calls },
    ]),
    { role: "answer", text: answer },
  ]);
}

/** Providers take fewer names than tasks have: the offered ones are in the order of the task's. Null where they do not match. */
function wireNames({ tools }: Task, request: ChatRequest): ReadonlyMap<string, string> | null {
  const offered = request.tools ?? [];
  if (offered.length !== tools.length) return null;
  return new Map(tools.map(({ name }, index) => [name, offered[index]?.name ?? name]));
}

function answerAs(next: Expected | undefined, names: ReadonlyMap<string, string>, request: ChatRequest): SimulatedAnswer | null {
  if (next?.role === "answer") return { text: next.text };
  if (next?.role !== "calls") return null;
  return { toolCalls: next.calls.map((call) => ({ name: names.get(call.name) ?? call.name, arguments: asWritten(call, names, request) })) };
}

/** In strict mode a model writes null where an argument is left out. */
function asWritten({ arguments: given, name }: ExpectedCall, names: ReadonlyMap<string, string>, request: ChatRequest): JsonObject {
  const tool = request.tools?.find((offered) => offered.name === names.get(name));
  return tool?.strict === true ? withNulls(given, tool.inputSchema) : given;
}

function differs(
  message: Message,
  expected: Expected | undefined,
  before: Message | undefined,
  names: ReadonlyMap<string, string>,
): string | null {
  switch (expected?.role) {
    case undefined:
      return "nothing was to be said any more";
    case "user":
      return message.role === "user" && textOf(message) === expected.text ? null : "the user did not say this";
    case "answer":
      return message.role === "assistant" && textOf(message) === expected.text && toolCallsOf(message).length === 0
        ? null
        : "the answer was changed";
    case "calls":
      return callsDiffer(message, expected.calls, names);
    case "results":
      return resultsDiffer(message, expected.calls, before);
  }
}

function callsDiffer(message: Message, expected: readonly ExpectedCall[], names: ReadonlyMap<string, string>): string | null {
  if (message.role !== "assistant") return "the calls are missing";
  const calls = toolCallsOf(message);
  const same =
    calls.length === expected.length &&
    calls.every((call, index) => {
      const wanted = expected[index];
      return wanted !== undefined && call.name === names.get(wanted.name) && withoutNulls(call.arguments, wanted.arguments);
    });
  return same ? null : "the calls are not those that were made";
}

/** Whether arguments are the expected ones, but for nulls in place of what was left out. */
function withoutNulls(written: JsonValue | undefined, expected: JsonValue): boolean {
  if (!isObject(written) || !isObject(expected)) return isDeepStrictEqual(written, expected);
  return Object.entries(written).every(([name, value]) => {
    const wanted = expected[name];
    return wanted === undefined ? value === null : withoutNulls(value, wanted);
  });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function resultsDiffer(message: Message, expected: readonly ExpectedCall[], before: Message | undefined): string | null {
  if (message.role !== "tool" || before?.role !== "assistant") return "the results are missing";
  const calls = toolCallsOf(before);
  if (message.results.length !== calls.length) return `${message.results.length} results for ${calls.length} calls`;
  for (const [index, call] of calls.entries()) {
    const wanted = expected[index];
    const result = message.results.find(({ toolCallId }) => toolCallId === call.id);
    if (wanted === undefined || result === undefined) return `the call ${call.id} has no result`;
    if (result.isError || result.content !== JSON.stringify(toolResult(wanted))) return `another result than ${wanted.name} gave`;
  }
  return null;
}

function refusal(message: string): SimulatedRefusal {
  return { refuse: { status: 400, message } };
}
