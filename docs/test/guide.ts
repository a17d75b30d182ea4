import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A guide, taken apart. */
export interface Guide {
  readonly name: string;
  /** All `ts` blocks, in order: one program. */
  readonly program: string;
  /** Blocks marked `no-run`, each a module of its own that is only compiled. */
  readonly modules: readonly string[];
  /** All `text` blocks, in order: what the program prints. */
  readonly output: string;
}

/** Reads a guide of `docs` by its name. */
export async function readGuide(name: string): Promise<Guide> {
  const text = await readFile(join(import.meta.dirname, "..", `${name}.md`), "utf8");
  const blocks = Array.from(text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm), ([, language = "", content = ""]) => ({ language, content }));
  const of = (wanted: string): string[] => blocks.filter(({ language }) => language === wanted).map(({ content }) => content);
  return { name, program: of("ts").join("\n"), modules: of("ts no-run"), output: of("text").join("") };
}
