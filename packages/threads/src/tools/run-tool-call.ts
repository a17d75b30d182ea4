import type { ToolCallPart } from "@minference/clients";
import { ThreadError, type ThreadErrorCode } from "../errors/thread-error.ts";
import type { CallableRegistry } from "./callable-registry.ts";
import type { JsonSchemaValidator } from "./json-schema-validator.ts";
import { StructuredTool } from "./structured-tool.ts";
import type { Tool } from "./tool.ts";
import type { ToolCallOutcome } from "./tool-call-outcome.ts";

/** What tool calls run with. */
export interface ToolEnvironment {
  readonly callables: CallableRegistry;
  readonly validator: JsonSchemaValidator;
  /** Milliseconds, for tools without a limit of their own. */
  readonly toolTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Writes a tool's result for the model: text as it is, anything else as JSON. Throws `invalid_result`. */
function resultText(name: string, result: unknown): string {
  if (typeof result === "string") return result;
  try {
    return JSON.stringify(result ?? null) ?? "null";
  } catch (cause) {
    throw new ThreadError("invalid_result", `The result of ${name} can't be written as JSON`, { cause });
  }
}

async function contentOf(call: ToolCallPart, tool: Tool, environment: ToolEnvironment): Promise<string> {
  if (call.error !== undefined) throw new ThreadError("invalid_arguments", call.error);
  if (tool instanceof StructuredTool) {
    const wrong = environment.validator.errors(tool.jsonSchema, call.arguments);
    if (wrong.length > 0) throw new ThreadError("invalid_arguments", `The object does not fit the schema: ${wrong.join("; ")}`);
    return "The object fits the schema and was accepted.";
  }
  const { callables, toolTimeoutMs, signal } = environment;
  return resultText(
    call.name,
    await callables.execute(tool.name, call.arguments, { signal, timeoutMs: toolTimeoutMs, toolCallId: call.id }),
  );
}

/**
 * Carries out one tool call. Whatever is wrong with it becomes a result that tells the model; only being called off
 * rejects, with `cancelled`.
 */
export async function runToolCall(call: ToolCallPart, offered: readonly Tool[], environment: ToolEnvironment): Promise<ToolCallOutcome> {
  const tool = offered.find((candidate) => candidate.name === call.name) ?? null;
  const failed = (errorCode: ThreadErrorCode, content: string): ToolCallOutcome => ({ call, tool, content, errorCode });
  if (tool === null) {
    const names = offered.map((candidate) => candidate.name).join(", ");
    return failed("unknown_tool", `There is no tool named ${JSON.stringify(call.name)}; the tools are: ${names || "none"}`);
  }
  try {
    return { call, tool, content: await contentOf(call, tool, environment), errorCode: null };
  } catch (error) {
    if (!ThreadError.is(error)) return failed("unexpected", error instanceof Error ? error.message : String(error));
    if (error.code === "cancelled" && environment.signal?.aborted === true) throw error;
    return failed(error.code, error.message);
  }
}
