import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { providerNames } from "../contract/provider-name.ts";
import { jsonObjectAsIs, readJson } from "../wire/read-json.ts";
import type { AnswerStore, KeptAnswer } from "./answer-store.ts";

const keptAnswer = z.object({
  provider: z.enum(providerNames),
  model: z.string(),
  requestId: z.string().nullable(),
  request: jsonObjectAsIs,
  raw: jsonObjectAsIs,
});

/** Keeps each answer in a JSON file of a directory, named by its key. The directory is made when first written to. */
export class DirectoryAnswerStore implements AnswerStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(key: string): Promise<KeptAnswer | null> {
    let text: string;
    try {
      text = await readFile(this.#fileOf(key), "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    }
    return keptAnswer.safeParse(readJson(text)).data ?? null;
  }

  async write(key: string, answer: KeptAnswer): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const file = this.#fileOf(key);
    const unfinished = `${file}.${randomUUID()}`;
    await writeFile(unfinished, `${JSON.stringify(answer, null, 2)}\n`);
    await rename(unfinished, file);
  }

  #fileOf(key: string): string {
    if (!/^[0-9a-f]{64}$/.test(key)) throw new TypeError("A key is a SHA-256 in hexadecimal.");
    return join(this.#directory, `${key}.json`);
  }
}
