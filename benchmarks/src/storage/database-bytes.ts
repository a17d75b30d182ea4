import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import type { Place } from "./contender.ts";

/** Reads what a place occupies: the pages of a file, or all tables and indexes of a schema. */
export async function databaseBytes(place: Place): Promise<number> {
  if (place.kind === "SQLite") {
    const database = new BetterSqlite3(place.path, { readonly: true });
    const row: unknown = database.prepare("select page_count * page_size from pragma_page_count(), pragma_page_size()").pluck().get();
    database.close();
    return Number(row);
  }
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  const { rows } = await client.query<{ bytes: string }>(
    "select coalesce(sum(pg_total_relation_size(c.oid)), 0) as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind = 'r'",
    [place.schema],
  );
  await client.end();
  return Number(rows[0]?.bytes);
}
