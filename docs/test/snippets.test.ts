import { execFile, type ExecFileOptions } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type SimulatedProvider, startSimulatedProvider } from "@minference/clients/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guideModel } from "./guide-model.ts";
import { readSnippets } from "./snippets.ts";

const repository = join(import.meta.dirname, "../..");
const storageProgram = join(repository, "packages/storage-kysely/src/cli/main.ts");
const snippetsProgram = join(import.meta.dirname, "snippets-program.ts");
const apiKey = "sim-key-of-the-guides";
const documents = await readSnippets();

/** Gives what a process printed, also when it failed. */
async function runToEnd(
  command: string,
  args: readonly string[],
  options: ExecFileOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  const { stderr, stdout } = await promisify(execFile)(command, args, options).catch((error: { stdout: string; stderr: string }) => error);
  return { stdout: stdout.toString(), stderr: stderr.toString() };
}

describe("the snippets of the documents", () => {
  let provider: SimulatedProvider;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(import.meta.dirname, "snippets-"));
    // Its headers tell limits that none of the guides has to wait for.
    const limits = { requestsPerMinute: 60_000, tokensPerMinute: 60_000_000 };
    provider = await startSimulatedProvider({ apiKeys: [apiKey], script: guideModel, limits });
    for (const { modules, name, program } of documents) {
      await mkdir(join(directory, name), { recursive: true });
      for (const [index, module] of modules.entries()) await writeFile(join(directory, name, `module-${index}.ts`), module);
      if (program !== null) await writeFile(join(directory, name, "program.ts"), program);
    }
  });

  afterAll(async () => {
    await provider.close();
    await rm(directory, { recursive: true, force: true });
  });

  test("compile", async () => {
    expect(documents.filter(({ modules }) => modules.length > 0).length).toBeGreaterThanOrEqual(7);
    const base = join(repository, "tooling/typescript/base.json");
    const compilerOptions = { allowImportingTsExtensions: false, moduleDetection: "force" };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ extends: base, compilerOptions, include: ["**/*.ts"] }));
    // With one thread it checks nothing twice, and is done as soon.
    expect(await runToEnd("tsc", ["-p", directory, "--singleThreaded"])).toEqual({ stdout: "", stderr: "" });
  });

  describe("that are programs", () => {
    const programs = documents.filter(({ program }) => program !== null);
    const node = ["--conditions=@minference/source"];
    let environment: NodeJS.ProcessEnv;
    let outputs: ReadonlyMap<string, string>;

    beforeAll(async () => {
      environment = {
        PATH: process.env["PATH"],
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        OPENAI_API_KEY: apiKey,
        OPENAI_BASE_URL: provider.openaiBaseUrl,
        ANTHROPIC_API_KEY: apiKey,
        ANTHROPIC_BASE_URL: provider.anthropicBaseUrl,
        MINFERENCE_STORE: "notes.db",
      };
      const separator = `end of a program ${randomUUID()}\n`;
      const directories = programs.map(({ name }) => join(directory, name));
      const { stderr, stdout } = await runToEnd(process.execPath, [...node, snippetsProgram, separator, ...directories], {
        env: environment,
      });
      const [printed, told] = [stdout.split(separator), stderr.split(separator)];
      outputs = new Map(programs.map(({ name }, index) => [name, `${printed[index] ?? "It did not run"}${told[index] ?? ""}`]));
    });

    test.each(programs)("$name prints what it says", async ({ name, output, storageCommands }) => {
      expect(outputs.get(name)).toBe(output);
      for (const command of storageCommands) {
        const options = { cwd: join(directory, name), env: environment };
        await expect(promisify(execFile)(process.execPath, [...node, storageProgram, ...command], options)).resolves.toBeDefined();
      }
    });
  });
});
