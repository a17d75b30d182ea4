import { spawn } from "node:child_process";
import * as z from "zod";
import { wholeNumber } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import type { JsonSchemaCallableDefinition } from "../tools/callable.ts";
import type { CallableTool } from "../tools/callable-tool.ts";
import { childProgram } from "./child-program.ts";

/** What source text may take. */
export interface IsolationOptions {
  /** How long a call may take, its process included, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number | undefined;
  /** The heap it may fill, in megabytes. Default 64. */
  readonly memoryMb?: number | undefined;
  /** The longest result, as JSON, in bytes. Default 1 000 000. */
  readonly maxResultBytes?: number | undefined;
  /** The most calls of the tool at once, each a process. Default 4. */
  readonly maxConcurrent?: number | undefined;
  /** Default true: it can do nothing outside. */
  readonly idempotent?: boolean | undefined;
}

interface Limits {
  readonly name: string;
  readonly memoryMb: number;
  readonly maxResultBytes: number;
  readonly signal: AbortSignal;
}

const answer = z.union([z.object({ value: z.unknown() }), z.object({ error: z.string() })]);

/**
 * Makes a tool's `callableText` runnable: the text of a JavaScript function of one argument, such as `async ({ a, b }) => a + b`. Register what it
 * gives to say that this text may run: `callables.register(isolatedCallable(tool))`. No source text runs otherwise.
 *
 * Each call runs in a process of its own, without environment variables, under Node's permission model (no files, no processes, no workers, no
 * addons), with a bounded heap, killed when its time is over, in a realm without `require`, `import`, `process`, `fetch`, timers, typed arrays
 * or code from strings. That keeps what a model wrote from doing harm by mistake. It is no wall against an attacker who knows a hole
 * in V8 or in `node:vm`: before Node 25 the permission model leaves the network open to code that breaks out of its realm. Run hostile
 * text in a container or a virtual machine.
 *
 * @throws {ThreadError} `invalid_tool` for a tool without source text, or a limit that is no whole number of at least 1; calls reject with `tool_failed`
 */
export function isolatedCallable(tool: CallableTool, options: IsolationOptions = {}): JsonSchemaCallableDefinition {
  const { callableText, docstring, inputSchema, name, outputSchema, strictSchema } = tool;
  if (callableText === null) throw new ThreadError("invalid_tool", `${name} has no source text: set callableText`);
  const { idempotent = true, maxConcurrent = 4, maxResultBytes = 1_000_000, memoryMb = 64, timeoutMs = 5_000 } = options;
  wholeNumber(`${name}: memoryMb`, memoryMb, "invalid_tool");
  wholeNumber(`${name}: maxResultBytes`, maxResultBytes, "invalid_tool");
  return {
    name,
    docstring,
    inputSchema,
    outputSchema,
    strictSchema,
    timeoutMs,
    maxConcurrent,
    idempotent,
    run: (args, { signal }) => runIsolated(callableText, args, { name, memoryMb, maxResultBytes, signal }),
  };
}

/** What Node itself keeps from the process, should its code break out of its realm. */
export function processFlags(memoryMb: number): string[] {
  const memory = [`--max-old-space-size=${memoryMb}`, "--max-semi-space-size=2"];
  return ["--permission", "--disallow-code-generation-from-strings", "--no-warnings", ...memory];
}

async function runIsolated(source: string, args: unknown, limits: Limits): Promise<unknown> {
  const { name } = limits;
  const parsed = answer.safeParse(parsedJson(await outputOf(JSON.stringify({ source, args }), limits)));
  if (!parsed.success) throw new ThreadError("tool_failed", `${name} gave nothing that can be read`);
  if ("error" in parsed.data) throw new ThreadError("tool_failed", `${name} failed: ${parsed.data.error}`);
  return parsed.data.value;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Runs the program on some input and gives what it wrote. */
function outputOf(input: string, { maxResultBytes, memoryMb, name, signal }: Limits): Promise<string> {
  const child = spawn(process.execPath, [...processFlags(memoryMb), "--eval", childProgram], {
    env: {},
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
  const { promise, reject, resolve } = Promise.withResolvers<string>();
  const fail = (why: string): void => reject(new ThreadError("tool_failed", `${name} failed: ${why}`));
  const kill = (): boolean => child.kill("SIGKILL");
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= maxResultBytes) return;
    fail(`its result is longer than ${maxResultBytes} bytes`);
    kill();
  });
  child.once("error", (cause) => reject(new ThreadError("tool_failed", `${name} could not be started`, { cause })));
  child.once("close", (code) => {
    signal.removeEventListener("abort", kill);
    if (code === 0) resolve(Buffer.concat(chunks).toString());
    else fail(`it was ended, and may have needed more than ${memoryMb} MB`);
  });
  // A process that has ended does not read.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  if (signal.aborted) kill();
  else signal.addEventListener("abort", kill, { once: true });
  return promise;
}
