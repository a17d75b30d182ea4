import * as z from "zod";
import { shown, wholeNumber } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import { type JsonSchema, jsonSchemaOf } from "./json-schema.ts";
import type { JsonSchemaValidator } from "./json-schema-validator.ts";

/** What a running tool is told. */
export interface ToolContext {
  /** Aborts when the run is called off or the tool's time is over. */
  readonly signal: AbortSignal;
  /** The model's id of the call, null outside a conversation. */
  readonly toolCallId: string | null;
}

interface CallableSettings {
  readonly name: string;
  /** Tells the model what the tool does. */
  readonly docstring: string;
  readonly strictSchema?: boolean | undefined;
  /** How long a call may take, in milliseconds, once it runs. */
  readonly timeoutMs?: number | undefined;
  /** The most calls that run at once; others wait their turn. Default: no limit. */
  readonly maxConcurrent?: number | undefined;
  /**
   * Whether running a call a second time does no harm. A call of a tool that is not is in doubt when the process ends while it runs, and is
   * not run again unless that is asked for. Default true.
   */
  readonly idempotent?: boolean | undefined;
}

/** Whether a call needs somebody's approval before it runs: always, never (the default), or for some arguments. */
export type NeedsApproval<Args> = boolean | ((args: Args) => boolean | Promise<boolean>);

/** A function to be offered as a tool, its arguments and result described by zod schemas. */
export interface CallableDefinition<I extends z.ZodObject, O extends z.ZodType> extends CallableSettings {
  readonly input: I;
  /** Any JSON value when absent. */
  readonly output?: O | undefined;
  readonly approval?: NeedsApproval<z.output<I>> | undefined;
  run(this: void, args: z.output<I>, context: ToolContext): z.input<O> | Promise<z.input<O>>;
}

/** A function to be offered as a tool, its arguments and result described by JSON Schemas. */
export interface JsonSchemaCallableDefinition extends CallableSettings {
  readonly inputSchema: JsonSchema;
  /** Any JSON value when absent. */
  readonly outputSchema?: JsonSchema | undefined;
  readonly approval?: NeedsApproval<unknown> | undefined;
  run(this: void, args: unknown, context: ToolContext): unknown;
}

/** A function with its schemas, ready to run on arguments that have not been checked. */
export interface Callable {
  readonly name: string;
  readonly docstring: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  readonly strictSchema: boolean;
  readonly timeoutMs: number | null;
  /** Null for no limit. */
  readonly maxConcurrent: number | null;
  readonly idempotent: boolean;
  /** Whether the function is declared `async`. */
  readonly isAsync: boolean;
  /** Whether a call with these arguments, which were not checked, waits for approval. False for those that do not fit. */
  needsApproval(args: unknown): Promise<boolean>;
  /** Checks the arguments, runs the function and checks its result. */
  invoke(args: unknown, context: ToolContext): Promise<unknown>;
  /** As `invoke`, at once. Throws `tool_failed` where the function or a check of its schemas gives a promise. */
  invokeSync(args: unknown, context: ToolContext): unknown;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toolFailed(name: string, cause: unknown): ThreadError {
  return ThreadError.is(cause) ? cause : new ThreadError("tool_failed", `${name} failed: ${reasonOf(cause)}`, { cause });
}

function invalid(code: "invalid_arguments" | "invalid_result", name: string, details: string): ThreadError {
  return new ThreadError(
    code,
    `${code === "invalid_arguments" ? "The arguments" : "The result"} of ${name} do not fit the schema: ${details}`,
  );
}

/** Asks a tool whether a call waits for approval. What is neither yes nor no lets nothing run. */
async function isApprovalNeeded<Args>(name: string, approval: NeedsApproval<Args>, args: Args): Promise<boolean> {
  const answer: unknown = typeof approval === "function" ? await approval(args) : approval;
  if (typeof answer === "boolean") return answer;
  throw new ThreadError("invalid_tool", `${name}: approval gave ${shown(answer)} for a call: give true or false`);
}

/** Runs a function that is to give its result at once. */
function resultAtOnce(name: string, run: () => unknown): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (cause) {
    throw toolFailed(name, cause);
  }
  if (!(result instanceof Promise)) return result;
  // What becomes of it concerns nobody any more.
  result.catch(() => {});
  throw new ThreadError("tool_failed", `${name} gives its result later: use execute`);
}

function common(
  definition: CallableSettings,
  run: object,
): Omit<Callable, "inputSchema" | "outputSchema" | "invoke" | "invokeSync" | "needsApproval"> {
  const { name, docstring, strictSchema = true, timeoutMs = null, maxConcurrent = null, idempotent = true } = definition;
  if (timeoutMs !== null && !(timeoutMs > 0))
    throw new ThreadError("invalid_tool", `${name}: timeoutMs has to be more than 0, not ${timeoutMs}`);
  if (maxConcurrent !== null) wholeNumber(`${name}: maxConcurrent`, maxConcurrent, "invalid_tool");
  const isAsync = run.constructor.name === "AsyncFunction";
  return { name, docstring, strictSchema, timeoutMs, maxConcurrent, idempotent, isAsync };
}

function safeParseAtOnce<S extends z.ZodType>(name: string, schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    throw new ThreadError("tool_failed", `${name} has a schema that checks later: use execute`, { cause });
  }
}

/** Prepares a function described by zod schemas. */
export function zodCallable<I extends z.ZodObject, O extends z.ZodType>(definition: CallableDefinition<I, O>): Callable {
  const { approval = false, name, input, output, run } = definition;
  return {
    ...common(definition, run),
    inputSchema: jsonSchemaOf(input, "input", `${name}.input`),
    outputSchema: output === undefined ? {} : jsonSchemaOf(output, "output", `${name}.output`),
    async needsApproval(args) {
      if (approval === false) return false;
      const checked = await input.safeParseAsync(args);
      return checked.success && (await isApprovalNeeded(name, approval, checked.data));
    },
    async invoke(args, context) {
      const checked = await input.safeParseAsync(args);
      if (!checked.success) throw invalid("invalid_arguments", name, z.prettifyError(checked.error));
      let result: unknown;
      try {
        result = await run(checked.data, context);
      } catch (cause) {
        throw toolFailed(name, cause);
      }
      if (output === undefined) return result;
      const accepted = await output.safeParseAsync(result);
      if (!accepted.success) throw invalid("invalid_result", name, z.prettifyError(accepted.error));
      return accepted.data;
    },
    invokeSync(args, context) {
      const checked = safeParseAtOnce(name, input, args);
      if (!checked.success) throw invalid("invalid_arguments", name, z.prettifyError(checked.error));
      const result = resultAtOnce(name, () => run(checked.data, context));
      if (output === undefined) return result;
      const accepted = safeParseAtOnce(name, output, result);
      if (!accepted.success) throw invalid("invalid_result", name, z.prettifyError(accepted.error));
      return accepted.data;
    },
  };
}

/** Prepares a function described by JSON Schemas. */
export function jsonSchemaCallable(definition: JsonSchemaCallableDefinition, validator: JsonSchemaValidator): Callable {
  const { approval = false, name, inputSchema, outputSchema = {}, run } = definition;
  validator.errors(inputSchema, {});
  validator.errors(outputSchema, null);
  return {
    ...common(definition, run),
    inputSchema,
    outputSchema,
    async needsApproval(args) {
      if (approval === false || validator.errors(inputSchema, args).length > 0) return false;
      return isApprovalNeeded(name, approval, args);
    },
    async invoke(args, context) {
      const wrong = validator.errors(inputSchema, args);
      if (wrong.length > 0) throw invalid("invalid_arguments", name, wrong.join("; "));
      let result: unknown;
      try {
        result = await run(args, context);
      } catch (cause) {
        throw toolFailed(name, cause);
      }
      const off = validator.errors(outputSchema, result);
      if (off.length > 0) throw invalid("invalid_result", name, off.join("; "));
      return result;
    },
    invokeSync(args, context) {
      const wrong = validator.errors(inputSchema, args);
      if (wrong.length > 0) throw invalid("invalid_arguments", name, wrong.join("; "));
      const result = resultAtOnce(name, () => run(args, context));
      const off = validator.errors(outputSchema, result);
      if (off.length > 0) throw invalid("invalid_result", name, off.join("; "));
      return result;
    },
  };
}
