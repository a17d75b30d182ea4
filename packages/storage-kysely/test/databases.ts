import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@minference/tooling-postgres";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { afterAll } from "vitest";
import type { KyselyStorage } from "../src/kysely-storage.ts";
import { openPostgres } from "../src/postgres/index.ts";
import { PostgresEngine } from "../src/postgres/postgres-engine.ts";
import { typeParsers } from "../src/postgres/type-parsers.ts";
import type { SqlEngine } from "../src/query/sql-engine.ts";
import type { TableClasses } from "../src/tables/wanted-tables.ts";
import { openSqlite } from "../src/sqlite/index.ts";
import { SqliteEngine } from "../src/sqlite/sqlite-engine.ts";

/** One store, to be opened any number of times. */
interface TestStore {
  open(classes?: TableClasses & { readonly readonly?: boolean }): Promise<KyselyStorage>;
  /** Opens what is below a storage, for a store that exists. */
  openEngine(): SqlEngine;
  /** Does something to the tables of a store that exists, whatever foreign keys say. */
  tamper(statement: string): Promise<void>;
  /** Asks the database how it carries a statement of the store out. */
  explain(statement: string, parameters: readonly unknown[]): Promise<string>;
  /** Reads in a transaction that stays open until the given function is called. */
  hold(statement: string): Promise<() => Promise<void>>;
  /** Asks the tables of a store that exists, as a person would. */
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** A database that stores can be made in. */
export interface TestDatabase {
  readonly name: string;
  /** Names a new store, which is made when it is first opened. */
  readonly newStore: () => TestStore;
}

/** Makes a directory for the files of a test file, removed after it. */
export function testDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "minference-test-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Both databases, to run one test on each. */
export async function testDatabases(): Promise<readonly TestDatabase[]> {
  const directory = testDirectory();
  const url = await testDatabase();
  let stores = 0;
  return [
    {
      name: "SQLite",
      newStore() {
        stores += 1;
        const path = join(directory, `${stores}.db`);
        return {
          open: (classes = {}) => openSqlite(path, classes),
          openEngine: () => new SqliteEngine(new BetterSqlite3(path), { path, busyTimeout: 1_000 }),
          async tamper(statement) {
            const database = new BetterSqlite3(path);
            database.pragma("foreign_keys = off");
            database.exec(statement);
            database.close();
          },
          async explain(statement, parameters) {
            const database = new BetterSqlite3(path, { readonly: true });
            const plan = database.prepare<unknown[], { detail: string }>(`explain query plan ${statement}`).all(...parameters);
            database.close();
            return plan.map(({ detail }) => detail).join("\n");
          },
          async hold(statement) {
            const database = new BetterSqlite3(path, { readonly: true });
            database.exec("begin");
            database.prepare(statement).all();
            return async () => void database.close();
          },
          async query(statement) {
            const database = new BetterSqlite3(path, { readonly: true });
            database.defaultSafeIntegers(true);
            const rows = database.prepare<[], Record<string, unknown>>(statement).all();
            database.close();
            return rows;
          },
        };
      },
    },
    {
      name: "Postgres",
      newStore() {
        stores += 1;
        const schema = `store_${stores}`;
        return {
          open: (classes = {}) => openPostgres(url, { ...classes, schema }),
          openEngine() {
            const pool = new pg.Pool({ connectionString: url, types: typeParsers(), pipeline: true });
            // The database is dropped under connections that are still closing.
            pool.on("error", () => undefined);
            pool.on("connect", (client) => client.on("error", () => undefined));
            return new PostgresEngine(pool, schema, "test");
          },
          async tamper(statement) {
            const client = new pg.Client({ connectionString: url });
            await client.connect();
            await client.query(`set session_replication_role = replica; set search_path = ${schema}; ${statement}`);
            await client.end();
          },
          async explain(statement, parameters) {
            const settings = [
              "plan_cache_mode=force_generic_plan",
              ...["seqscan", "hashjoin", "mergejoin", "bitmapscan", "sort"].map((node) => `enable_${node}=off`),
            ];
            const client = new pg.Client({ connectionString: url, options: settings.map((setting) => `-c ${setting}`).join(" ") });
            await client.connect();
            try {
              const { rows } = await client.query<Record<string, string>>(`explain ${statement}`, [...parameters]);
              return rows.map((row) => row["QUERY PLAN"]).join("\n");
            } finally {
              await client.end();
            }
          },
          async hold(statement) {
            const client = new pg.Client({ connectionString: url });
            await client.connect();
            await client.query(`set search_path = ${schema}; begin`);
            await client.query(statement);
            return () => client.end();
          },
          async query(statement) {
            const client = new pg.Client({ connectionString: url });
            await client.connect();
            await client.query(`set search_path = ${schema}`);
            const { rows } = await client.query<Record<string, unknown>>(statement);
            await client.end();
            return rows;
          },
        };
      },
    },
  ];
}
