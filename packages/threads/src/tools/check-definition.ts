import * as z from "zod";
import { shown } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";

/** A definition of a function, of which nothing is known but its name. */
interface GivenDefinition {
  readonly name: string;
  readonly run: unknown;
  readonly approval?: unknown;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
}

/** Throws `invalid_tool`, with what to do, for a definition that lacks what it needs or has something else in its place. */
export function checkDefinition({ approval, input, inputSchema, name, output, outputSchema, run }: GivenDefinition): void {
  const refuse = (reason: string): never => {
    throw new ThreadError("invalid_tool", `${name}${reason}`);
  };
  if (typeof run !== "function") refuse(`: run has to be a function, not ${shown(run)}`);
  if (approval !== undefined && typeof approval !== "boolean" && typeof approval !== "function")
    refuse(`: approval has to be true, false or a function, not ${shown(approval)}`);
  if (input === undefined && inputSchema === undefined)
    refuse(" has no schema of its arguments: give input, a zod object, or inputSchema, a JSON Schema");
  if (input !== undefined && !isZod(input)) refuse(": input has to be a zod object; a JSON Schema goes in inputSchema");
  if (output !== undefined && !isZod(output)) refuse(": output has to be a zod schema; a JSON Schema goes in outputSchema");
  for (const [field, schema] of Object.entries({ inputSchema, outputSchema })) {
    if (schema !== undefined && (typeof schema !== "object" || schema === null))
      refuse(`: ${field} has to be a JSON Schema, not ${shown(schema)}`);
  }
}

function isZod(value: unknown): boolean {
  return value instanceof z.core.$ZodType;
}
