import { join } from "node:path";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { ChatMessage, threadEntities } from "@minference/threads";
import BetterSqlite3 from "better-sqlite3";

const versions = 50_000;
const rounds = 3;

/**
 * Inserts versions of a chat message into a store's tables by hand: without typed rows, with rows that triggers make of the payload, and with rows of values
 * that the program has at hand. What the last would also have to ask and to keep is left out.
 */
export async function rowsByHand(directory: string): Promise<Readonly<Record<string, number>>> {
  const payload = JSON.stringify(withoutIds(new ChatMessage({ timestamp: new Date(), role: "user", content: "x".repeat(200) }).toJSON()));
  const best: Record<string, number> = {};
  for (const [how, tables] of [
    ["no typed row", []],
    ["a row by triggers of one class", [ChatMessage]],
    ["a row by triggers of all thread classes", threadEntities],
    ["a row of values at hand", [ChatMessage]],
  ] as const) {
    for (let round = 0; round < rounds; round += 1) {
      const path = join(directory, `${how.replaceAll(" ", "_")}_${round}.db`);
      await (await openSqlite(path, { tables })).close();
      const time = insertVersions(path, payload, how === "a row of values at hand");
      best[how] = Math.min(best[how] ?? Number.POSITIVE_INFINITY, time);
    }
  }
  return best;
}

function withoutIds({ $type: _, ecsId: __, usage: ___, ...fields }: Record<string, unknown>): Record<string, unknown> {
  return fields;
}

function insertVersions(path: string, payload: string, byProgram: boolean): number {
  const database = new BetterSqlite3(path);
  database.pragma("foreign_keys = on");
  if (byProgram) database.exec("drop trigger typed_rows_added");
  database.exec("insert into 'commit' (id, uuid, created_at) values (1, x'00', 0)");
  const chain = database.prepare("insert into chain (id, lineage_id, type) values (?, randomblob(16), 'ChatMessage')");
  const version = database.prepare(
    "insert into version (vid, ecs_id, chain, seq, commit_id, schema_version, payload) values (?, randomblob(16), ?, 1, 1, 1, ?)",
  );
  const row = byProgram
    ? database.prepare(`insert into chat_message (vid, entity_type, schema_version, timestamp, role, content, parts, is_error, author_uuid,
        chat_thread_id, parent_message_uuid, tool_name, tool_uuid, tool_type, tool_call_id, tool_json_schema, tool_call)
        values (?, 'ChatMessage', 1, ?, ?, ?, null, 0, null, null, null, null, null, null, null, null, null)`)
    : null;
  const content = "x".repeat(200);
  const timestamp = new Date(0).toISOString();
  const start = performance.now();
  database.transaction(() => {
    for (let id = 1; id <= versions; id += 1) {
      chain.run(id);
      version.run(id, id, payload);
      row?.run(id, timestamp, "user", content);
    }
  })();
  const time = (1_000 * (performance.now() - start)) / versions;
  database.close();
  return time;
}
