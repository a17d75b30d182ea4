import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@minference/tooling-postgres";
import { type Benchmark, median, printTable } from "../benchmark.ts";
import { byHand } from "./by-hand.ts";
import type { Contender, Place } from "./contender.ts";
import { langGraph, langGraphSaver } from "./langgraph.ts";
import { measureMillion } from "./million.ts";
import { mikroOrm } from "./mikro-orm.ts";
import { minference } from "./minference.ts";

const contenders = [minference, langGraph, langGraphSaver, mikroOrm, byHand];
const lengths = [10, 100, 1_000, 10_000];
const textLength = 200;
const manyEntities = 100_000;
const batchSize = 2_000;
/** Loads of the longest thread, of which the best counts: what else the machine does only ever makes them slower. */
const loadRounds = 15;

/** Text that no compression makes smaller. */
function randomText(): string {
  return randomBytes(textLength / 2).toString("hex");
}

interface Figures {
  readonly name: string;
  readonly appendMs: Record<number, number>;
  readonly appendBytes: Record<number, number>;
  readonly loadMs: number;
  /** Time on the processor of this process's main thread; what a server does is not in it. */
  readonly loadCpuMs: number;
  readonly listMs: number | null;
  readonly storedPerSecond: number | null;
}

/** Measures one contender at one place; fails where it does not give back what it was given. */
async function measure(make: (place: Place) => Promise<Contender>, place: Place): Promise<Figures> {
  const contender = await make(place);
  const appendMs: Record<number, number> = {};
  const appendBytes: Record<number, number> = {};
  const isQuadratic = contender.name.startsWith("LangGraph");
  let loadMs = Number.NaN;
  let loadCpuMs = Number.NaN;
  for (const length of lengths) {
    const texts = Array.from({ length }, randomText);
    await contender.createThread(texts);
    const rounds = isQuadratic ? Math.max(5, Math.min(50, 20_000 / length)) : 200;
    const times: number[] = [];
    const before = await contender.bytes();
    for (let round = 0; round < rounds; round += 1) {
      const text = randomText();
      texts.push(text);
      const start = performance.now();
      await contender.append(text);
      times.push(performance.now() - start);
    }
    appendMs[length] = median(times);
    appendBytes[length] = ((await contender.bytes()) - before) / rounds - textLength;
    const loads: number[] = [];
    const cpu: number[] = [];
    for (let round = 0; round < (length === 10_000 ? loadRounds : 1); round += 1) {
      const used = process.threadCpuUsage();
      const start = performance.now();
      const loaded = await contender.load();
      loads.push(performance.now() - start);
      const { user, system } = process.threadCpuUsage(used);
      cpu.push((user + system) / 1_000);
      deepStrictEqual(loaded, texts, `${contender.name} gave back something else`);
    }
    loadMs = Math.min(...loads);
    loadCpuMs = median(cpu);
  }
  const listMs = await measureListing(contender);
  const storedPerSecond = await measureMany(contender);
  await contender.close();
  return { name: contender.name, appendMs, appendBytes, loadMs, loadCpuMs, listMs, storedPerSecond };
}

async function measureListing(contender: Contender): Promise<number | null> {
  await contender.createThread([randomText()]);
  for (let version = 1; version < 80; version += 1) await contender.append(randomText());
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const start = performance.now();
    const versions = await contender.listVersions();
    times.push(performance.now() - start);
    if (versions === null) return null;
    deepStrictEqual(versions, 80, `${contender.name} listed another number of versions`);
  }
  return median(times);
}

async function measureMany({ storeMany, name }: Contender): Promise<number | null> {
  if (storeMany === null) return null;
  const count = name === "MikroORM" ? manyEntities / 5 : manyEntities;
  const texts = Array.from({ length: count }, randomText);
  const times: number[] = [];
  for (let at = 0; at < count; at += batchSize) {
    const start = performance.now();
    await storeMany(texts.slice(at, at + batchSize));
    times.push(performance.now() - start);
  }
  return (1_000 * batchSize) / median(times);
}

function rounded(value: number | null | undefined, digits = 2): number | string {
  return value === null || value === undefined ? "–" : Number(value.toFixed(digits));
}

function report(database: string, all: readonly Figures[]): void {
  const columns = (figures: Record<number, number>, digits: number) =>
    Object.fromEntries(lengths.map((length) => [String(length), rounded(figures[length], digits)]));
  const rows = (of: (figures: Figures) => Record<string, number | string>) => all.map((figures) => ({ "": figures.name, ...of(figures) }));
  printTable(
    `${database}: milliseconds to append a message to a thread of so many`,
    rows(({ appendMs }) => columns(appendMs, 2)),
  );
  printTable(
    `${database}: bytes such a message takes besides its text`,
    rows(({ appendBytes }) => columns(appendBytes, 0)),
  );
  printTable(
    `${database}: loading 10 000 messages, listing 80 versions, storing many`,
    rows(({ loadMs, loadCpuMs, listMs, storedPerSecond }) => ({
      "load ms": rounded(loadMs, 1),
      "load CPU ms": rounded(loadCpuMs, 1),
      "list ms": rounded(listMs),
      "entities/s": rounded(storedPerSecond, 0),
    })),
  );
}

function bars([ours, updateState, saver, mikro, floor]: readonly Figures[], bytesBar: number): Record<string, boolean> {
  if (ours === undefined || updateState === undefined || saver === undefined || mikro === undefined || floor === undefined) return {};
  const growth = (of: Record<number, number>) => (of[10_000] ?? Number.NaN) / (of[10] ?? Number.NaN);
  return {
    "append time at 10 000 within 1.3 times of that at 10": growth(ours.appendMs) <= 1.3,
    "append bytes at 10 000 within 1.3 times of those at 10": growth(ours.appendBytes) <= 1.3,
    [`append takes at most ${bytesBar} bytes and the text`]: (ours.appendBytes[10_000] ?? Number.NaN) <= bytesBar,
    "1 000 times less time than updateState at 10 000":
      (updateState.appendMs[10_000] ?? 0) >= 1_000 * (ours.appendMs[10_000] ?? Number.NaN),
    "1 000 times fewer bytes than updateState at 10 000":
      (updateState.appendBytes[10_000] ?? 0) >= 1_000 * (ours.appendBytes[10_000] ?? Number.NaN),
    "loads 5 times faster than LangGraph": Math.min(updateState.loadMs, saver.loadMs) >= 5 * ours.loadMs,
    "loads 5 times faster than MikroORM": mikro.loadMs >= 5 * ours.loadMs,
    "lists 80 versions in 5 ms": (ours.listMs ?? Number.NaN) <= 5,
    "stores many at half the floor's rate": (ours.storedPerSecond ?? Number.NaN) >= (floor.storedPerSecond ?? Number.NaN) / 2,
  };
}

/**
 * Conversations that grow, are loaded, listed and stored in bulk, on SQLite and Postgres, beside what a user would take instead; with
 * `--million` what a store of a million versions costs in its place.
 */
export const benchmark: Benchmark = async (options) => {
  const directory = await mkdtemp(join(tmpdir(), "minference-bench-"));
  const postgres = await startPostgres();
  const figures: Record<string, unknown> = {};
  try {
    if (options.includes("--million")) return await measureMillion(directory, postgres.url);
    for (const [database, bytesBar] of [
      ["SQLite", 600],
      ["Postgres", 1_300],
    ] as const) {
      const all: Figures[] = [];
      for (const [index, make] of contenders.entries()) {
        const place: Place =
          database === "SQLite"
            ? { kind: "SQLite", path: join(directory, `${index}.db`) }
            : { kind: "Postgres", url: postgres.url, schema: `bench_${index}` };
        all.push(await measure(make, place));
      }
      report(database, all);
      const held = bars(all, bytesBar);
      printTable(
        `${database}: bars`,
        Object.entries(held).map(([bar, holds]) => ({ bar, holds: holds ? "yes" : "NO" })),
      );
      figures[database] = { contenders: all, bars: held };
    }
  } finally {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
  return figures;
};
