import { readFile } from "node:fs/promises";
import { CommandError } from "@minference/command-line";
import type * as z from "zod";
import { reading } from "../reading.ts";

/** Reads a file of JSON values, one a line; blank lines are passed over. Rejects with the line's number where one is no such value. */
export async function readJsonLines<S extends z.ZodType>(path: string, shape: S): Promise<readonly z.output<S>[]> {
  const lines = (await reading(path, () => readFile(path, "utf8"))).split("\n");
  return lines.flatMap((text, index) => {
    if (text.trim() === "") return [];
    try {
      return [shape.parse(JSON.parse(text))];
    } catch (cause) {
      throw new CommandError(`${path}, line ${index + 1}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  });
}
