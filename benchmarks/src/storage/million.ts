import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { EntityStorage, NewVersion } from "@minference/ecs";
import { openPostgres } from "@minference/storage-kysely/postgres";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import pg from "pg";
import { median, printTable } from "../benchmark.ts";

const versionsPerLineage = 1_000;
const batch = 20;

/** A database that stores of several sizes are made in. */
interface Database {
  readonly name: string;
  readonly open: (store: string) => Promise<EntityStorage>;
  /** Counts the rows that were read from a store so far, where the database tells. */
  readonly rowsRead: (store: string) => Promise<number | null>;
}

/** What it costs at one size, in milliseconds, and rows that were read for it. */
interface Costs {
  readonly versions: number;
  readonly open: number;
  readonly loadHead: number;
  readonly append: number;
  readonly rowsToOpen: number | null;
  readonly rowsToLoad: number | null;
  readonly rowsToAppend: number | null;
}

let ids = 0;

/** An id that comes after those before it, as ids of entities do. */
function nextId(): string {
  ids += 1;
  const count = ids.toString(16).padStart(12, "0");
  return `01900000-${count.slice(0, 4)}-7000-8000-${count.slice(4)}${randomBytes(2).toString("hex")}`;
}

function root(): NewVersion {
  const payload = { content: randomBytes(50).toString("hex") };
  const identity = { ecsId: nextId(), lineageId: nextId(), type: "Message", schemaVersion: 1, parentId: null, mergeParentId: null };
  return { ...identity, payload, edges: [], onStaleParent: "reject" };
}

function after(parent: NewVersion): NewVersion {
  return { ...parent, ecsId: nextId(), parentId: parent.ecsId, payload: { content: randomBytes(50).toString("hex") } };
}

async function commit(storage: EntityStorage, versions: readonly NewVersion[]): Promise<void> {
  const names = { actor: null, message: null, idempotencyKey: null };
  const { status } = await storage.commit({ id: nextId(), createdAt: new Date(), ...names, versions });
  if (status !== "committed") throw new Error(`A commit was not stored: ${status}`);
}

/** Fills a store with lineages of a thousand versions each; gives their last ones. */
async function fill(storage: EntityStorage, lineages: number): Promise<NewVersion[]> {
  const heads: NewVersion[] = [];
  for (let at = 0; at < lineages; at += batch) {
    let tips = Array.from({ length: Math.min(batch, lineages - at) }, root);
    await commit(storage, tips);
    for (let length = 1; length < versionsPerLineage; length += 111) {
      const run: NewVersion[] = [];
      for (let step = 0; step < 111; step += 1) run.push(...(tips = tips.map(after)));
      await commit(storage, run);
    }
    heads.push(...tips);
  }
  return heads;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function measure(database: Database, store: string, lineages: number): Promise<{ costs: Costs; heads: NewVersion[] }> {
  const filling = await database.open(store);
  const heads = await fill(filling, lineages);
  await filling.close();
  const between = async (work: () => Promise<number>): Promise<{ ms: number; rows: number | null }> => {
    const before = await database.rowsRead(store);
    const ms = await work();
    const read = await database.rowsRead(store);
    return { ms, rows: before === null || read === null ? null : read - before };
  };
  const rounds = 100;
  const opened = await between(async () => {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) times.push(await timed(async () => (await database.open(store)).close()));
    return median(times);
  });
  const inStore = async (work: (storage: EntityStorage, index: number) => Promise<unknown>) =>
    between(async () => {
      const storage = await database.open(store);
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) times.push(await timed(() => work(storage, (round * 7) % heads.length)));
      await storage.close();
      return median(times);
    });
  const loaded = await inStore(async (storage, index) => {
    const [head] = await storage.heads(heads[index]?.lineageId ?? "");
    const [version] = await storage.loadTrees([head?.ecsId ?? ""]);
    if (version === undefined) throw new Error("A head was not found");
  });
  const appended = await inStore(async (storage, index) => {
    const head = heads[index];
    if (head === undefined) return;
    const next = after(head);
    await commit(storage, [next]);
    heads[index] = next;
  });
  const each = (rows: number | null, count: number) => (rows === null ? null : rows / count);
  const costs = {
    versions: lineages * versionsPerLineage,
    open: opened.ms,
    loadHead: loaded.ms,
    append: appended.ms,
    rowsToOpen: each(opened.rows, 5),
    rowsToLoad: each(loaded.rows, rounds),
    rowsToAppend: each(appended.rows, rounds),
  };
  return { costs, heads };
}

/** Prunes half of a store while somebody else appends to it; tells how long each append took. */
async function pruneHalf(database: Database, store: string, head: NewVersion): Promise<Record<string, number>> {
  const [pruning, writing] = [await database.open(store), await database.open(store)];
  let isPruning = true;
  const waits: number[] = [];
  const writer = (async () => {
    let tip = head;
    while (isPruning) {
      const next = after(tip);
      waits.push(await timed(() => commit(writing, [next])));
      tip = next;
      await setTimeout(5);
    }
  })();
  const start = performance.now();
  const { pruned } = await pruning.prune({ keepLast: versionsPerLineage / 2 });
  const seconds = (performance.now() - start) / 1_000;
  isPruning = false;
  await writer;
  await Promise.all([pruning.close(), writing.close()]);
  const sorted = waits.toSorted((a, b) => a - b);
  return {
    pruned,
    seconds,
    appends: waits.length,
    median: median(waits),
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    longest: sorted.at(-1) ?? 0,
  };
}

/** At either size the same rows are read, where the database tells, and times are alike: within twice, since a larger tree has a level more. */
function barsOf(small: Costs, large: Costs, pruned: Record<string, number>): Record<string, boolean> {
  const alike = (cost: "open" | "loadHead" | "append") => large[cost] <= 2 * small[cost];
  const asMany = (rows: "rowsToOpen" | "rowsToLoad" | "rowsToAppend") => (large[rows] ?? 0) <= (small[rows] ?? 0) + 1;
  return {
    "opening costs the same": alike("open") && asMany("rowsToOpen"),
    "loading a head costs the same": alike("loadHead") && asMany("rowsToLoad"),
    "an append costs the same": alike("append") && asMany("rowsToAppend"),
    "no append waited for pruning longer than 100 ms": (pruned["longest"] ?? Number.NaN) <= 100,
  };
}

/** What stores of a thousand and of a million versions cost, and how pruning half of one lets others write. */
export async function measureMillion(directory: string, url: string): Promise<unknown> {
  const databases: readonly Database[] = [
    {
      name: "SQLite",
      open: (store) => openSqlite(join(directory, `${store}.db`)),
      rowsRead: async () => null,
    },
    {
      name: "Postgres",
      open: (store) => openPostgres(url, { schema: store }),
      async rowsRead(store) {
        // Connections report what they read when they end, a moment later.
        await setTimeout(500);
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        const { rows } = await client.query<{ read: string }>(
          "select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) as read from pg_stat_user_tables where schemaname = $1",
          [store],
        );
        await client.end();
        return Number(rows[0]?.read);
      },
    },
  ];
  const figures: Record<string, unknown> = {};
  for (const database of databases) {
    const small = await measure(database, "thousand", 1);
    const large = await measure(database, "million", 1_000);
    const shown = (costs: Costs) =>
      Object.fromEntries(Object.entries(costs).map(([name, value]) => [name, value === null ? "–" : Number(value.toFixed(2))]));
    printTable(`${database.name}: milliseconds, and rows read, by the number of versions`, [shown(small.costs), shown(large.costs)]);
    const [head] = large.heads;
    const pruned = head === undefined ? {} : await pruneHalf(database, "million", head);
    printTable(`${database.name}: pruning half while another connection appends (milliseconds an append)`, [
      Object.fromEntries(Object.entries(pruned).map(([name, value]) => [name, Number(value.toFixed(1))])),
    ]);
    const bars = barsOf(small.costs, large.costs, pruned);
    printTable(
      `${database.name}: bars`,
      Object.entries(bars).map(([bar, holds]) => ({ bar, holds: holds ? "yes" : "NO" })),
    );
    figures[database.name] = { small: small.costs, large: large.costs, pruned, bars };
  }
  figures["bytes"] = (await stat(join(directory, "million.db"))).size;
  return figures;
}
