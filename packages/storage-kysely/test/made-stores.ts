import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { postgresSchema } from "../src/postgres/postgres-schema.ts";
import { migrate } from "../src/schema/migrate.ts";
import { openSqlite } from "../src/sqlite/index.ts";

let sqliteFile: Promise<Buffer> | undefined;
let postgresScript: Promise<string> | undefined;

/** The file of an empty SQLite store, which was opened once: a copy of it is a store that has been made. */
export function madeSqliteFile(): Promise<Buffer> {
  return (sqliteFile ??= makeSqliteFile());
}

async function makeSqliteFile(): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), "minference-made-"));
  const path = join(directory, "store.db");
  await (await openSqlite(path)).close();
  const file = readFileSync(path);
  rmSync(directory, { recursive: true });
  return file;
}

/**
 * The statements that make an empty Postgres store in the given schema, as migrating one carried them out: together they take the server a
 * quarter of the time.
 */
export async function madePostgresScript(url: string, schema: string): Promise<string> {
  const script = await (postgresScript ??= recordMigration(url));
  return script.replaceAll(pg.escapeIdentifier(recorded), () => pg.escapeIdentifier(schema));
}

const recorded = "recorded for other stores";

async function recordMigration(url: string): Promise<string> {
  const statements: string[] = [];
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 2 }) }),
    log: ({ query }) => {
      if (/^(?:create|alter|insert)\b/.test(query.sql)) statements.push(withValues(query.sql, query.parameters));
    },
  });
  await migrate(db.withSchema(recorded), postgresSchema(recorded), { schema: recorded });
  await db.destroy();
  return statements.join(";\n");
}

function withValues(sql: string, parameters: readonly unknown[]): string {
  return sql.replaceAll(/\$(\d+)/g, (_, place) => pg.escapeLiteral(String(parameters[Number(place) - 1])));
}
