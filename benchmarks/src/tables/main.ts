import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyEntityClass, EntityRegistry } from "@minference/ecs";
import { openPostgres } from "@minference/storage-kysely/postgres";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { ChatMessage, ChatThread, LLMConfig, threadEntities, Usage } from "@minference/threads";
import { startPostgres } from "@minference/tooling-postgres";
import { type Benchmark, median, printTable } from "../benchmark.ts";
import type { Place } from "../storage/contender.ts";
import { databaseBytes } from "../storage/database-bytes.ts";
import { rowsByHand } from "./rows-by-hand.ts";

const appends = 300;
const rounds = 5;
const many = 20_000;
const batch = 2_000;

interface Figures {
  readonly appendMs: number;
  readonly appendBytes: number;
  readonly manyPerSecond: number;
}

function message(): ChatMessage {
  const content = randomBytes(100).toString("hex");
  const usage = new Usage({ model: "m", promptTokens: 100, completionTokens: 50, totalTokens: 150 });
  return new ChatMessage({ timestamp: new Date(), role: "assistant", content, usage });
}

/** Appends an answer with its usage to a thread, a commit each, and stores many messages in batches. */
async function measure(place: Place, tables: readonly AnyEntityClass[]): Promise<Figures> {
  const storage = await (place.kind === "SQLite"
    ? openSqlite(place.path, { tables })
    : openPostgres(place.url, { schema: place.schema, tables }));
  const registry = new EntityRegistry(storage, { entities: threadEntities });
  const thread = new ChatThread({ name: "benchmark", llmConfig: LLMConfig.create({ client: "openai" }) });
  const append = async (): Promise<void> => {
    thread.history.push(message());
    await registry.register(thread);
  };
  for (let index = 0; index < 100; index += 1) await append();
  const before = await databaseBytes(place);
  const times: number[] = [];
  for (let index = 0; index < appends; index += 1) {
    const start = performance.now();
    await append();
    times.push(performance.now() - start);
  }
  const appendBytes = ((await databaseBytes(place)) - before) / appends;
  const start = performance.now();
  for (let stored = 0; stored < many; stored += batch) await registry.register(Array.from({ length: batch / 2 }, message));
  const manyPerSecond = (1_000 * many) / (performance.now() - start);
  const rows = (await storage.typedTables()).filter(({ name }) => name === "chat_message" || name === "usage").map((table) => table.rows);
  deepStrictEqual(rows, tables.length === 0 ? [] : [many / 2 + appends + 100, many / 2 + appends + 100]);
  await storage.close();
  return { appendMs: median(times), appendBytes, manyPerSecond };
}

/** What typed tables cost: appends to a thread and entities in bulk, without them, with those of three classes, and of all that threads store. */
export const benchmark: Benchmark = async () => {
  const directory = await mkdtemp(join(tmpdir(), "minference-bench-"));
  const postgres = await startPostgres();
  const results: Record<string, unknown> = {};
  const kinds = { none: [], "three classes": [ChatMessage, ChatThread, Usage], "all of threads": threadEntities };
  try {
    for (const database of ["SQLite", "Postgres"] as const) {
      const best = new Map<string, Figures>();
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, tables] of Object.entries(kinds)) {
          const id = `${name.replaceAll(" ", "_")}_${round}`;
          const place: Place =
            database === "SQLite"
              ? { kind: "SQLite", path: join(directory, `${id}.db`) }
              : { kind: "Postgres", url: postgres.url, schema: id };
          const figures = await measure(place, tables);
          const known = best.get(name) ?? figures;
          best.set(name, {
            appendMs: Math.min(known.appendMs, figures.appendMs),
            appendBytes: Math.min(known.appendBytes, figures.appendBytes),
            manyPerSecond: Math.max(known.manyPerSecond, figures.manyPerSecond),
          });
        }
      }
      printTable(
        `${database}: an answer appended to a thread, and many stored; best of ${rounds}`,
        Array.from(best, ([name, { appendMs, appendBytes, manyPerSecond }]) => ({
          "typed tables": name,
          "append ms": appendMs.toFixed(2),
          bytes: Math.round(appendBytes),
          "entities/s": Math.round(manyPerSecond),
        })),
      );
      results[database] = Object.fromEntries(best);
    }
    const byHand = await rowsByHand(directory);
    printTable(
      "SQLite: microseconds a version inserted by hand, its typed row included",
      Object.entries(byHand).map(([how, time]) => ({ how, microseconds: time.toFixed(2) })),
    );
    results["byHand"] = byHand;
  } finally {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
  return results;
};
