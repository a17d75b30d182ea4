import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("traces decorated methods, as the compiler writes them", async () => {
  const directory = await mkdtemp(join(import.meta.dirname, "decorated-"));
  try {
    const compilerOptions = { noEmit: false, outDir: directory, rootDir: join(import.meta.dirname, "..") };
    const files = [join(import.meta.dirname, "fixtures/decorated-methods.ts")];
    await writeFile(
      join(directory, "tsconfig.json"),
      JSON.stringify({ extends: "@minference/tooling-typescript/base.json", compilerOptions, files }),
    );
    await run("tsc", ["-p", directory]);
    const { stdout } = await run(process.execPath, [
      "--conditions=@minference/source",
      join(directory, "test/fixtures/decorated-methods.js"),
    ]);
    expect(JSON.parse(stdout)).toEqual({ counts: [1, 2], commits: ["before add", "after add", "after add"], modified: false });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
