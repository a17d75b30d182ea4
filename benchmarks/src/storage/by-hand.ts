import { randomUUID } from "node:crypto";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import type { Contender, Place } from "./contender.ts";
import { databaseBytes } from "./database-bytes.ts";

/** The least a program could do: SQL by hand, a row a message, the present state alone. The floor for all others. */
export async function byHand(place: Place): Promise<Contender> {
  return place.kind === "SQLite" ? sqliteByHand(place) : postgresByHand(place);
}

async function sqliteByHand(place: Extract<Place, { kind: "SQLite" }>): Promise<Contender> {
  const database = new BetterSqlite3(place.path);
  database.pragma("journal_mode = wal");
  database.pragma("synchronous = full");
  database.exec("create table message (id text primary key, thread text, position integer, payload text not null) strict");
  database.exec("create unique index message_place on message (thread, position)");
  const insert = database.prepare("insert into message values (?, ?, ?, ?)");
  const select = database.prepare<[string], string>("select payload from message where thread = ? order by position").pluck();
  const insertAll = database.transaction((thread: string | null, texts: readonly string[]) => {
    for (const [position, content] of texts.entries())
      insert.run(randomUUID(), thread, position, JSON.stringify({ role: "user", content }));
  });
  let thread = "";
  let length = 0;
  return {
    name: "SQL by hand",
    async createThread(texts) {
      thread = randomUUID();
      insertAll(thread, texts);
      length = texts.length;
    },
    async append(content) {
      insert.run(randomUUID(), thread, length, JSON.stringify({ role: "user", content }));
      length += 1;
    },
    load: async () => select.all(thread).map(contentOf),
    listVersions: async () => null,
    storeMany: async (texts) => insertAll(null, texts),
    bytes: () => databaseBytes(place),
    close: async () => void database.close(),
  };
}

async function postgresByHand(place: Extract<Place, { kind: "Postgres" }>): Promise<Contender> {
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  await client.query(`create schema ${place.schema}; set search_path = ${place.schema}`);
  await client.query("create table message (id uuid primary key, thread uuid, position integer, payload json not null)");
  await client.query("create unique index message_place on message (thread, position)");
  const insertAll = async (thread: string | null, first: number, texts: readonly string[]): Promise<void> => {
    const ids = texts.map(() => randomUUID());
    const payloads = texts.map((content) => JSON.stringify({ role: "user", content }));
    await client.query({
      name: "insert",
      text: "insert into message select id, $2::uuid, $3::integer + place::integer - 1, payload from unnest($1::uuid[], $4::json[]) with ordinality as given(id, payload, place)",
      values: [ids, thread, first, payloads],
    });
  };
  let thread = "";
  let length = 0;
  return {
    name: "SQL by hand",
    async createThread(texts) {
      thread = randomUUID();
      await insertAll(thread, 0, texts);
      length = texts.length;
    },
    async append(content) {
      await insertAll(thread, length, [content]);
      length += 1;
    },
    async load() {
      const { rows } = await client.query<{ payload: string }>("select payload::text from message where thread = $1 order by position", [
        thread,
      ]);
      return rows.map(({ payload }) => contentOf(payload));
    },
    listVersions: async () => null,
    storeMany: (texts) => insertAll(null, 0, texts),
    bytes: () => databaseBytes(place),
    close: () => client.end(),
  };
}

function contentOf(payload: string): string {
  const message: { content: string } = JSON.parse(payload);
  return message.content;
}
