import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { median } from "../benchmark.ts";
import type { Contender } from "./contender.ts";

/** How long the threads are that messages are appended to. */
export const lengths = [10, 100, 1_000, 10_000];
const textLength = 200;
const manyEntities = 100_000;
const batchSize = 2_000;
/** Loads of the longest thread, of which the best counts: what else the machine does only ever makes them slower. */
const loadRounds = 15;

/** Text that no compression makes smaller. */
function randomText(): string {
  return randomBytes(textLength / 2).toString("hex");
}

/** What was measured of a contender; times in milliseconds, by the length of the thread where it matters. */
export interface Figures {
  readonly name: string;
  readonly appendMs: Record<number, number>;
  readonly appendBytes: Record<number, number>;
  readonly loadMs: number;
  /** Time on the processor of this process's main thread; what a server does is not in it. */
  readonly loadCpuMs: number;
  readonly listMs: number | null;
  readonly storedPerSecond: number | null;
}

/** Measures a contender, and closes it; fails where it does not give back what it was given. */
export async function measure(contender: Contender): Promise<Figures> {
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
      // Weak references hold on to what they were made of until the event loop comes round, so that nothing would ever be collected.
      await setImmediate();
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
