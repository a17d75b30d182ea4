import { type Clock, systemClock } from "@minference/clients";
import type * as z from "zod";
import { boundedWork } from "./bounded-work.ts";

import { wholeNumber } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import { type Callable, type CallableDefinition, type JsonSchemaCallableDefinition, jsonSchemaCallable, zodCallable } from "./callable.ts";
import { CallableTool } from "./callable-tool.ts";
import { checkDefinition } from "./check-definition.ts";
import type { JsonSchema } from "./json-schema.ts";
import { JsonSchemaValidator } from "./json-schema-validator.ts";
import { Slots } from "./slots.ts";

/** What is known of a registered function. */
export interface CallableInfo {
  readonly name: string;
  readonly docstring: string;
  /** `name(argument, optional?)`. */
  readonly signature: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  /** Whether the function is declared `async`. */
  readonly isAsync: boolean;
  /** Milliseconds; null when the caller decides. */
  readonly timeoutMs: number | null;
  /** Null for no limit. */
  readonly maxConcurrent: number | null;
  /** Whether a second run does no harm. */
  readonly idempotent: boolean;
}

/** How one call is carried out. */
export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, where the function has no limit of its own. Default 60 000. */
  readonly timeoutMs?: number | undefined;
  readonly toolCallId?: string | null | undefined;
}

const defaultTimeoutMs = 60_000;

function signatureOf(name: string, schema: JsonSchema): string {
  const required = Array.isArray(schema.required) ? new Set<unknown>(schema.required) : new Set<unknown>();
  const names = typeof schema.properties === "object" && schema.properties !== null ? Object.keys(schema.properties) : [];
  return `${name}(${names.map((argument) => (required.has(argument) ? argument : `${argument}?`)).join(", ")})`;
}

/** Binds names to functions of the application, so that tools, which are data, can run. Registries do not know of each other. */
export class CallableRegistry {
  readonly #callables = new Map<string, Callable>();
  readonly #validator = new JsonSchemaValidator();
  readonly #clock: Clock;
  readonly #slots: Slots | null;
  readonly #slotsOf = new WeakMap<Callable, Slots>();

  /** `maxConcurrent` is the most calls that run at once, of all functions; others wait their turn. */
  constructor(options: { clock?: Clock | undefined; maxConcurrent?: number | undefined } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#slots = options.maxConcurrent === undefined ? null : new Slots(wholeNumber("maxConcurrent", options.maxConcurrent));
  }

  /** Registers a function and gives the tool for it. Throws `tool_exists` for a taken name, `invalid_tool` for a definition that can't be used. */
  register<I extends z.ZodObject, O extends z.ZodType = z.ZodUnknown>(definition: CallableDefinition<I, O>): CallableTool;
  register(definition: JsonSchemaCallableDefinition): CallableTool;
  register<I extends z.ZodObject, O extends z.ZodType>(definition: CallableDefinition<I, O> | JsonSchemaCallableDefinition): CallableTool {
    if (this.#callables.has(definition.name)) {
      throw new ThreadError("tool_exists", `${definition.name} is registered already; use update to replace it`);
    }
    return this.#add(definition);
  }

  /** Replaces a registered function and gives the tool for it. Throws `unknown_tool` when there is none. */
  update<I extends z.ZodObject, O extends z.ZodType = z.ZodUnknown>(definition: CallableDefinition<I, O>): CallableTool;
  update(definition: JsonSchemaCallableDefinition): CallableTool;
  update<I extends z.ZodObject, O extends z.ZodType>(definition: CallableDefinition<I, O> | JsonSchemaCallableDefinition): CallableTool {
    this.get(definition.name);
    return this.#add(definition);
  }

  /** Forgets a function; false when there was none. */
  delete(name: string): boolean {
    return this.#callables.delete(name);
  }

  has(name: string): boolean {
    return this.#callables.has(name);
  }

  /** Gives a registered function. Throws `unknown_tool`. */
  get(name: string): Callable {
    const callable = this.#callables.get(name);
    if (callable === undefined)
      throw new ThreadError("unknown_tool", `no function is registered as ${name}; there are: ${this.names.join(", ") || "none"}`);
    return callable;
  }

  /** The registered names, in the order they came. */
  get names(): readonly string[] {
    return [...this.#callables.keys()];
  }

  /** Tells what is known of a function. Throws `unknown_tool`. */
  info(name: string): CallableInfo {
    const { docstring, idempotent, inputSchema, outputSchema, isAsync, maxConcurrent, timeoutMs } = this.get(name);
    const signature = signatureOf(name, inputSchema);
    return { name, docstring, signature, inputSchema, outputSchema, isAsync, timeoutMs, maxConcurrent, idempotent };
  }

  /** Makes a new tool entity for a registered function. Throws `unknown_tool`. */
  tool(name: string): CallableTool {
    const { docstring, inputSchema, outputSchema, strictSchema } = this.get(name);
    return new CallableTool({ name, docstring, inputSchema, outputSchema, strictSchema });
  }

  /**
   * Runs a function on arguments that have not been checked. Rejects with `ThreadError`: `unknown_tool`,
   * `invalid_arguments`, `invalid_result`, `tool_failed` (cause kept), `tool_timeout` or `cancelled`. Time spent waiting for other calls
   * to end, where `maxConcurrent` says so, is not counted.
   */
  async execute(name: string, args: unknown, options: ExecuteOptions = {}): Promise<unknown> {
    const callable = this.get(name);
    const { signal, timeoutMs = defaultTimeoutMs, toolCallId = null } = options;
    const bounds = { name, clock: this.#clock, timeoutMs: callable.timeoutMs ?? timeoutMs, signal };
    const work = (): Promise<unknown> => boundedWork((bounded) => callable.invoke(args, { signal: bounded, toolCallId }), bounds);
    // First its own, so that what waits for that takes no place from others.
    const own = this.#slotsOf.get(callable);
    const held: Slots[] = [];
    try {
      for (const slots of [own, this.#slots]) {
        if (slots == null) continue;
        await slots.take(name, signal);
        held.push(slots);
      }
      return await work();
    } finally {
      for (const slots of held) slots.giveBack();
    }
  }

  /**
   * Runs a function that gives its result at once, on arguments that have not been checked. Throws as {@link execute} rejects, and `tool_failed` where
   * the result would come later. Nothing bounds its time, and `maxConcurrent` says nothing of it.
   */
  executeSync(name: string, args: unknown, options: Pick<ExecuteOptions, "toolCallId"> = {}): unknown {
    return this.get(name).invokeSync(args, { signal: new AbortController().signal, toolCallId: options.toolCallId ?? null });
  }

  #add<I extends z.ZodObject, O extends z.ZodType>(definition: CallableDefinition<I, O> | JsonSchemaCallableDefinition): CallableTool {
    checkDefinition(definition);
    const callable = "input" in definition ? zodCallable(definition) : jsonSchemaCallable(definition, this.#validator);
    const { name, docstring, inputSchema, outputSchema, strictSchema } = callable;
    const tool = new CallableTool({ name, docstring, inputSchema, outputSchema, strictSchema });
    this.#callables.set(name, callable);
    if (callable.maxConcurrent !== null) this.#slotsOf.set(callable, new Slots(callable.maxConcurrent));
    return tool;
  }
}
