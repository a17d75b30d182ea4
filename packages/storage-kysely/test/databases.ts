import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
import { interceptQueries } from "./intercept-queries.ts";
import { madePostgresScript, madeSqliteFile } from "./made-stores.ts";

/** One store, to be opened any number of times. */
interface TestStore {
  /** How it is named on a command line. */
  readonly address: readonly string[];
  open(classes?: TableClasses & { readonly readonly?: boolean }): Promise<KyselyStorage>;
  /**
   * Opens what is below a storage, for a store that exists.
   *
   * @param beforeStatement - called before the driver carries out anything but a rollback, of many rows before each; what it throws the driver fails with
   */
  openEngine(beforeStatement?: () => void): SqlEngine;
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
  /** Names a new store, which is there, and empty, when it is first opened. */
  readonly newStore: () => TestStore;
  /** Names a new store, which is made by whoever opens it first. */
  readonly unmadeStore: () => TestStore;
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
  const pools: pg.Pool[] = [];
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));
  /** Connects as a person does, with settings of their own. */
  const connect = (settings: readonly string[]): pg.Pool => {
    const pool = new pg.Pool({ connectionString: url, options: settings.map((setting) => `-c ${setting}`).join(" ") });
    outlive(pool);
    pools.push(pool);
    return pool;
  };
  const asked = connect([]);
  const explained = connect([
    "plan_cache_mode=force_generic_plan",
    ...["seqscan", "hashjoin", "mergejoin", "bitmapscan", "sort"].map((node) => `enable_${node}=off`),
  ]);
  let stores = 0;
  const sqliteStore = (isMade: boolean): TestStore => {
    stores += 1;
    const path = join(directory, `${stores}.db`);
    const made = isMade ? once(async () => writeFileSync(path, await madeSqliteFile())) : async () => undefined;
    return {
      address: [path],
      async open(classes = {}) {
        await made();
        return openSqlite(path, classes);
      },
      openEngine(beforeStatement = () => undefined) {
        const database = new BetterSqlite3(path);
        tellBeforeStatements(database, beforeStatement);
        return new SqliteEngine(database, { path, busyTimeout: 60_000 });
      },
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
  };
  const postgresStore = (isMade: boolean): TestStore => {
    stores += 1;
    const schema = `store_${stores}`;
    const made = isMade ? once(async () => void (await asked.query(await madePostgresScript(url, schema)))) : async () => undefined;
    /** Connects to where the tables of the store are found. */
    const enter = async () => {
      const client = await asked.connect();
      await client.query(`set search_path = ${schema}`);
      return client;
    };
    const query = async (statement: string) => {
      const client = await enter();
      try {
        const { rows } = await client.query<Record<string, unknown>>(statement);
        return rows;
      } finally {
        client.release();
      }
    };
    return {
      address: [url, "--schema", schema],
      async open(classes = {}) {
        await made();
        return openPostgres(url, { ...classes, schema });
      },
      openEngine(beforeStatement = () => undefined) {
        const pool = new pg.Pool({ connectionString: url, types: typeParsers(), pipeline: true });
        outlive(pool);
        pool.on("connect", (client) => {
          interceptQueries(client, async (query, send) => {
            if (query[0] !== "rollback") beforeStatement();
            return send(query);
          });
        });
        return new PostgresEngine(pool, schema, "test");
      },
      async tamper(statement) {
        await query(`set local session_replication_role = replica; ${statement}`);
      },
      async explain(statement, parameters) {
        const { rows } = await explained.query<Record<string, string>>(`explain ${statement}`, [...parameters]);
        return rows.map((row) => row["QUERY PLAN"]).join("\n");
      },
      async hold(statement) {
        const client = await enter();
        await client.query("begin");
        await client.query(statement);
        return async () => client.release(true);
      },
      query,
    };
  };
  return [
    { name: "SQLite", newStore: () => sqliteStore(true), unmadeStore: () => sqliteStore(false) },
    { name: "Postgres", newStore: () => postgresStore(true), unmadeStore: () => postgresStore(false) },
  ];
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= act());
}

/** Databases are dropped under connections that are still closing. */
function outlive(pool: pg.Pool): void {
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
}

function tellBeforeStatements(database: BetterSqlite3.Database, beforeStatement: () => void): void {
  const exec = database.exec.bind(database);
  Reflect.set(database, "exec", (text: string) => {
    if (text !== "rollback") beforeStatement();
    return exec(text);
  });
  const prepare = database.prepare.bind(database);
  Reflect.set(database, "prepare", (text: string) => {
    const statement = prepare(text);
    for (const method of ["all", "run"] as const) {
      const carryOut = statement[method].bind(statement);
      Reflect.set(statement, method, (...values: unknown[]) => {
        beforeStatement();
        return carryOut(...values);
      });
    }
    return statement;
  });
}
