import { createHash } from "node:crypto";
import { type ListQuery, type Page, StorageError, type VersionHeader } from "@minference/ecs";
import type { SqlEngine } from "../query/sql-engine.ts";
import { compileQuery, type Work } from "../query/work.ts";
import { findByField } from "../read/find-by-field.ts";
import { countNarrowed, type NarrowedCount, type NarrowedQuery, narrowingArguments, narrowings } from "./narrow-by-column.ts";
import { readCatalog, type StoredTable } from "./table-catalog.ts";

type FieldQuery = ListQuery & { readonly where: NonNullable<ListQuery["where"]> };

/** What a table leads to: a page, unless the table is not the one that was known, or leads to too much. */
type NarrowedPage = Page<VersionHeader> | "outdated" | "too_many";

/** As many payloads are found by index; where there are more, most versions looked at one after the other are found. */
const mostNarrowed = 5_000;

/**
 * Carries out queries by field: by the index of a column where a typed table has one and it leads to few payloads. What it finds is held to
 * the conditions on the payload all the same.
 */
export class ColumnFinder {
  readonly #engine: SqlEngine;
  #tables: Promise<readonly StoredTable[]> | null = null;

  constructor(engine: SqlEngine) {
    this.#engine = engine;
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
    return this.#engine.read(findByField(this.#engine.dialect, query));
  }

  async #findNarrowed(query: FieldQuery, narrowing: NarrowedQuery): Promise<NarrowedPage> {
    try {
      return await this.#engine.snapshot(() => this.#readNarrowed(query, narrowing));
    } catch (error) {
      if (isOutdated(error)) return "outdated";
      throw error;
    }
  }

  /** Looks first whether the table is as it was and how much it leads to: others may fill it anew before a snapshot, not during it. */
  *#readNarrowed(query: FieldQuery, narrowing: NarrowedQuery): Work<NarrowedPage> {
    const counts = yield* this.#count(narrowing);
    if (counts.some(({ same }) => same !== 1)) return "outdated";
    if (counts.reduce((sum, { found }) => sum + found, 0) > mostNarrowed) return "too_many";
    return yield* findByField(this.#engine.dialect, query, narrowing)();
  }

  #known(): Promise<readonly StoredTable[]> {
    this.#tables ??= this.#engine
      .read(() => readCatalog(this.#engine.dialect.tables))
      .catch((error: unknown) => {
        this.reset();
        throw error;
      });
    return this.#tables;
  }

  #count(narrowing: NarrowedQuery): Work<readonly NarrowedCount[]> {
    const { builder, tables } = this.#engine.dialect;
    const compiled = countNarrowed(tables, narrowing, mostNarrowed + 1).compile(builder);
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
