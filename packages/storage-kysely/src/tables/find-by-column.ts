import { createHash } from "node:crypto";
import { type ListQuery, type Page, StorageError, type VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Work } from "../query/work.ts";
import { findByField } from "../read/find-by-field.ts";
import { countNarrowed, type NarrowedCount, type NarrowedQuery, narrowingArguments, narrowings } from "./narrow-by-column.ts";
import { readCatalog, type StoredTable } from "./table-catalog.ts";

type FieldQuery = ListQuery & { readonly where: NonNullable<ListQuery["where"]> };

/** Carries out statements that see one state of the store. */
type Snapshot = <Result>(work: () => Work<Result>) => Promise<Result>;

/** As many payloads are found by index; where there are more, most versions looked at one after the other are found. */
const mostNarrowed = 5_000;

/**
 * Carries out queries by field: by the index of a column where a typed table has one and it leads to few payloads. What it finds is held to
 * the conditions on the payload all the same.
 */
export class ColumnFinder {
  readonly #dialect: SqlDialect;
  readonly #read: Snapshot;
  #tables: Promise<readonly StoredTable[]> | null = null;

  constructor(dialect: SqlDialect, read: Snapshot) {
    this.#dialect = dialect;
    this.#read = read;
  }

  /** Forgets which tables there are. */
  reset(): void {
    this.#tables = null;
  }

  async find(query: FieldQuery): Promise<Page<VersionHeader>> {
    for (const narrowing of narrowings(await this.#known(), query)) {
      const found = await this.#findNarrowed(query, narrowing);
      if (found === "outdated") {
        this.reset();
        break;
      }
      if (found !== "too_many") return found;
    }
    return this.#read(findByField(this.#dialect, query));
  }

  /** Looks whether a table is as it was, and what it leads to, in one snapshot: others may fill it anew meanwhile. */
  async #findNarrowed(query: FieldQuery, narrowing: NarrowedQuery): Promise<Page<VersionHeader> | "outdated" | "too_many"> {
    const count = this.#count(narrowing);
    const find = findByField(this.#dialect, query, narrowing);
    try {
      return await this.#read(function* work() {
        const counts = yield* count();
        if (counts.some(({ same }) => same !== 1)) return "outdated";
        return counts.reduce((sum, { found }) => sum + found, 0) > mostNarrowed ? "too_many" : yield* find();
      });
    } catch (error) {
      if (isOutdated(error)) return "outdated";
      throw error;
    }
  }

  #known(): Promise<readonly StoredTable[]> {
    this.#tables ??= this.#read(() => readCatalog(this.#dialect.tables)).catch((error: unknown) => {
      this.reset();
      throw error;
    });
    return this.#tables;
  }

  #count(narrowing: NarrowedQuery): () => Work<readonly NarrowedCount[]> {
    const compiled = countNarrowed(this.#dialect.tables, narrowing, mostNarrowed + 1).compile(this.#dialect.builder);
    const name = `count_${createHash("sha256").update(compiled.sql).digest("hex").slice(0, 16)}`;
    const count = compileQuery<ReturnType<typeof narrowingArguments>, NarrowedCount>(name, { compile: () => compiled });
    return () => count(narrowingArguments(narrowing));
  }
}

/** What Postgres says where a table, column or comparison is not there: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const undefinedStates: ReadonlySet<unknown> = new Set(["42P01", "42703", "42883", "42804"]);

/** Tells whether another process has changed the tables since this one looked. */
function isOutdated(error: unknown): boolean {
  if (!StorageError.is(error) || !(error.cause instanceof Error)) return false;
  return /^no such (?:table|column)/.test(error.cause.message) || ("code" in error.cause && undefinedStates.has(error.cause.code));
}
