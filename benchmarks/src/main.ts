import { mkdir, readdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";

/**
 * Runs one benchmark by its folder's name, prints its tables and writes its figures to `benchmarks/results/NAME.json`:
 * `pnpm bench NAME [options of the benchmark]`.
 */
const [name = "", ...options] = process.argv.slice(2).filter((argument) => argument !== "--");
const entries = await readdir(import.meta.dirname, { withFileTypes: true });
const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
if (!names.includes(name)) {
  process.stderr.write(`Usage: pnpm bench NAME, where NAME is one of: ${names.join(", ")}\n`);
  process.exit(1);
}
const { benchmark }: { benchmark: Benchmark } = await import(`./${name}/main.ts`);
const startedAt = new Date().toISOString();
const figures = await benchmark(options);
const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model, memoryGiB: Math.round(totalmem() / 2 ** 30) };
const results = join(import.meta.dirname, "../results");
await mkdir(results, { recursive: true });
await writeFile(join(results, `${name}.json`), `${JSON.stringify({ benchmark: name, startedAt, machine, figures }, null, 2)}\n`);
process.stdout.write(`\nWritten to benchmarks/results/${name}.json\n`);
