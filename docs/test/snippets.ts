import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A document with snippets, taken apart. */
export interface Snippets {
  /** `README` or `docs/storage` or `packages/ecs/README`. */
  readonly name: string;
  /** Where it shows what is printed: all its `ts` blocks in order, which are one program. Else null. */
  readonly program: string | null;
  /** What the program prints: all `text` blocks in order. */
  readonly output: string;
  /** Blocks that are only compiled, each a module of its own: those marked `no-run`, and all of a document that shows no output. */
  readonly modules: readonly string[];
  /** The arguments of each `npx minference-storage` in its `sh` blocks. */
  readonly storageCommands: readonly (readonly string[])[];
}

/** Reads the README, those of the packages, and the guides. */
export async function readSnippets(): Promise<readonly Snippets[]> {
  const documents = globSync(["README.md", "docs/*.md", "packages/*/README.md"], { cwd: root });
  return Promise.all(documents.toSorted().map((document) => readDocument(document)));
}

async function readDocument(document: string): Promise<Snippets> {
  const text = await readFile(join(root, document), "utf8");
  const blocks = Array.from(text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm), ([, language = "", content = ""]) => ({ language, content }));
  const of = (wanted: string): string[] => blocks.filter(({ language }) => language === wanted).map(({ content }) => content);
  const name = join(dirname(document), basename(document, ".md"));
  const output = of("text").join("");
  const commands = of("sh").flatMap((lines) => Array.from(lines.matchAll(/^npx minference-storage (.*)$/gm), ([, line = ""]) => line));
  const storageCommands = commands.map((command) => command.split(" "));
  if (output === "") return { name, program: null, output, modules: [...of("ts"), ...of("ts no-run")], storageCommands };
  return { name, program: of("ts").join("\n"), output, modules: of("ts no-run"), storageCommands };
}
