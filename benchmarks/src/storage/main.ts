import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@minference/tooling-postgres";
import { type Benchmark, printTable } from "../benchmark.ts";
import { measureApart } from "../child.ts";
import { type Place, unsynced } from "./contender.ts";
import { type Figures, lengths } from "./measure.ts";
import { measureMillion } from "./million.ts";
import { type ContenderOrder, contenderNames } from "./run-contender.ts";

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

/** @throws {RangeError} where somebody is missing */
function figuresOf(all: readonly Figures[], contender: string): Figures {
  const found = all.find(({ name }) => name === contender);
  if (found === undefined) throw new RangeError(`${contender} was not measured`);
  return found;
}

function bars(all: readonly Figures[], bytesBar: number): Record<string, boolean> {
  const ours = figuresOf(all, "minference");
  const updateState = figuresOf(all, "LangGraph updateState");
  const saver = figuresOf(all, "LangGraph saver.put");
  const mikro = figuresOf(all, "MikroORM");
  const floor = figuresOf(all, "SQL by hand");
  const oursUnsynced = all.filter(({ name }) => name === unsynced);
  const isThousandTimesFaster = ({ appendMs }: Figures) => (updateState.appendMs[10_000] ?? 0) >= 1_000 * (appendMs[10_000] ?? Number.NaN);
  const growth = (of: Record<number, number>) => (of[10_000] ?? Number.NaN) / (of[10] ?? Number.NaN);
  return {
    "append time at 10 000 within 1.3 times of that at 10": growth(ours.appendMs) <= 1.3,
    "append bytes at 10 000 within 1.3 times of those at 10": growth(ours.appendBytes) <= 1.3,
    [`append takes at most ${bytesBar} bytes and the text`]: (ours.appendBytes[10_000] ?? Number.NaN) <= bytesBar,
    "1 000 times less time than updateState at 10 000": isThousandTimesFaster(ours),
    ...Object.fromEntries(oursUnsynced.map((figures) => ["the same, neither of them synced", isThousandTimesFaster(figures)])),
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
  try {
    if (options.includes("--million")) return await withPostgres((url) => measureMillion(directory, url));
    const inFile = (contender: string) => measureAt(contender, { kind: "SQLite", path: join(directory, `${contender}.db`) });
    const onServer = (contender: string) => withPostgres((url) => measureAt(contender, { kind: "Postgres", url, schema: "bench" }));
    return { SQLite: await compare("SQLite", 600, inFile), Postgres: await compare("Postgres", 1_300, onServer) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** Measures all contenders in one kind of place, and prints what came of it. */
async function compare(database: Place["kind"], bytesBar: number, measureOne: (contender: string) => Promise<Figures>): Promise<object> {
  const all: Figures[] = [];
  for (const contender of contenderNames[database]) all.push(await measureOne(contender));
  report(database, all);
  const held = bars(all, bytesBar);
  printTable(
    `${database}: bars`,
    Object.entries(held).map(([bar, holds]) => ({ bar, holds: holds ? "yes" : "NO" })),
  );
  return { contenders: all, bars: held };
}

function measureAt(contender: string, place: Place): Promise<Figures> {
  const order: ContenderOrder = { contender, place };
  return measureApart<Figures>(new URL("run-contender.ts", import.meta.url), order);
}

/** A server of its own for each, that nobody has used before. */
async function withPostgres<Result>(use: (url: string) => Promise<Result>): Promise<Result> {
  const postgres = await startPostgres();
  try {
    return await use(postgres.url);
  } finally {
    await postgres.stop();
  }
}
