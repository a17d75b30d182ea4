import type { JsonObject } from "@minference/clients";
import type { JsonSchema } from "@minference/threads";

/** A tool that a task offers. */
export interface TaskTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

/** A call that is right. */
export interface ExpectedCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** One turn: what the user says, the calls that the model makes step by step, those of a step in parallel, and its answer. */
export interface TaskTurn {
  readonly said: string;
  readonly steps: readonly (readonly ExpectedCall[])[];
  readonly answer: string;
}

/** A conversation whose course is known. */
export interface Task {
  /** Unique in its file. */
  readonly id: string;
  readonly tools: readonly TaskTool[];
  readonly turns: readonly TaskTurn[];
}

/** A problem of a file that can't be made a task, and why. */
export interface Unusable {
  readonly id: string;
  readonly reason: string;
}

/** What a file holds. */
export interface TaskFile {
  readonly tasks: readonly Task[];
  readonly unusable: readonly Unusable[];
}

/** Tells which task a conversation is about; the scripted model knows it by this. */
export function taskInstructions(id: string): string {
  return `This is task ${id}. Use the tools that are offered.`;
}

/** What a tool gives back for a call: it does nothing but tell what it was called with. */
export function toolResult(call: ExpectedCall): { readonly tool: string; readonly received: JsonObject } {
  return { tool: call.name, received: call.arguments };
}
