import { createHash } from "node:crypto";
import { type ListQuery, type Page, StorageError, type VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Work } from "../query/work.ts";
import { findByField } from "../read/find-by-field.ts";
import { countNarrowed, type NarrowedCount, type NarrowedQuery, narrowingArguments, narrowings } from "./narrow-by-column.ts";
import { readCatalog, type StoredTable } from "./table-catalog.ts";

type FieldQuery = ListQuery & { readonly where: NonNullable<ListQuery["where"]> };

/** As many payloads are found by index; where there are more, most versions looked at one after the other are found. */
const mostNarrowed = 5_000;

/**
 * Carries out queries by field: by the index of a column where a typed table has one and it leads to few payloads. What it finds is held to
 * the conditions on the payload all the same.
 */
export class ColumnFinder {
  readonly #dialect: SqlDialect;
  readonly #read: <Result>(work: () => Work<Result>) => Promise<Result>;
  #tables: Promise<readonly StoredTable[]> | null = null;

  constructor(dialect: SqlDialect, read: <Result>(work: () => Work<Result>) => Promise<Result>) {
    this.#dialect = dialect;
    this.#read = read;
  }

  /** Forgets which tables there are. */
  reset(): void {
    this.#tables = null;
  }

  async find(query: FieldQuery): Promise<Page<VersionHeader>> {
    const narrowing = await this.#narrowing(query);
    if (narrowing === null) return this.#read(findByField(this.#dialect, query));
    try {
      return await this.#read(findByField(this.#dialect, query, narrowing));
    } catch (error) {
      if (!isOutdated(error)) throw error;
      this.reset();
      return this.#read(findByField(this.#dialect, query));
    }
  }

  async #narrowing(query: FieldQuery): Promise<NarrowedQuery | null> {
    const tables = await this.#known();
    for (const narrowing of narrowings(tables, query)) {
      try {
        const counts = await this.#read(() => this.#count(narrowing));
        if (counts.some(({ same }) => same !== 1)) {
          this.reset();
          return null;
        }
        if (counts.reduce((sum, { found }) => sum + found, 0) <= mostNarrowed) return narrowing;
      } catch (error) {
        if (!isOutdated(error)) throw error;
        this.reset();
        return null;
      }
    }
    return null;
  }

  #known(): Promise<readonly StoredTable[]> {
    this.#tables ??= this.#read(() => readCatalog(this.#dialect.tables)).catch((error: unknown) => {
      this.reset();
      throw error;
    });
    return this.#tables;
  }

  #count(narrowing: NarrowedQuery): Work<readonly NarrowedCount[]> {
    const compiled = countNarrowed(this.#dialect.tables, narrowing, mostNarrowed + 1).compile(this.#dialect.builder);
    const name = `count_${createHash("sha256").update(compiled.sql).digest("hex").slice(0, 16)}`;
    return compileQuery<ReturnType<typeof narrowingArguments>, NarrowedCount>(name, { compile: () => compiled })(
      narrowingArguments(narrowing),
    );
  }
}

/** What Postgres says where a table, column or comparison is not there: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const undefinedStates: ReadonlySet<unknown> = new Set(["42P01", "42703", "42883", "42804"]);

/** Tells whether another process has changed the tables since this one looked. */
function isOutdated(error: unknown): boolean {
  if (!StorageError.is(error) || !(error.cause instanceof Error)) return false;
  return /^no such (?:table|column)/.test(error.cause.message) || ("code" in error.cause && undefinedStates.has(error.cause.code));
}
