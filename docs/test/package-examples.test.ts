import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("every example in the documents compiles", { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(import.meta.dirname, "examples-"));
  try {
    const files: string[] = [];
    for (const document of globSync(["packages/*/README.md", "docs/sql.md"], { cwd: root })) {
      const text = await readFile(join(root, document), "utf8");
      for (const [index, [, example = ""]] of Array.from(text.matchAll(/```ts\n([\s\S]*?)```/g)).entries()) {
        const file = `${basename(dirname(document))}-${index}.ts`;
        await writeFile(join(directory, file), `${example}\nexport {};\n`);
        files.push(file);
      }
    }
    expect(files.length).toBeGreaterThanOrEqual(6);
    const base = join(root, "tooling/typescript/base.json");
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ extends: base, files }));
    const output = await promisify(execFile)("tsc", ["-p", directory]).then(
      () => "",
      (error: { stdout: string }) => error.stdout,
    );
    expect(output).toBe("");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
