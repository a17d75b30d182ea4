import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A guide, taken apart. */
export interface Guide {
  readonly name: string;
  /** Where it shows what is printed: all its `ts` blocks in order, which are one program. Else null. */
  readonly program: string | null;
  /** What the program prints: all `text` blocks in order. */
  readonly output: string;
  /** Blocks that are only compiled, each a module of its own: those marked `no-run`, and all of a guide that shows no output. */
  readonly modules: readonly string[];
  /** The arguments of each `npx minference-storage` in its `sh` blocks. */
  readonly storageCommands: readonly (readonly string[])[];
}

/** Reads a guide of `docs` by its name. */
export async function readGuide(name: string): Promise<Guide> {
  const text = await readFile(join(import.meta.dirname, "..", `${name}.md`), "utf8");
  const blocks = Array.from(text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm), ([, language = "", content = ""]) => ({ language, content }));
  const of = (wanted: string): string[] => blocks.filter(({ language }) => language === wanted).map(({ content }) => content);
  const output = of("text").join("");
  const commands = of("sh").flatMap((lines) => Array.from(lines.matchAll(/^npx minference-storage (.*)$/gm), ([, line = ""]) => line));
  const storageCommands = commands.map((command) => command.split(" "));
  if (output === "") return { name, program: null, output, modules: [...of("ts"), ...of("ts no-run")], storageCommands };
  return { name, program: of("ts").join("\n"), output, modules: of("ts no-run"), storageCommands };
}
