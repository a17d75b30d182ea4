import type { Expression, Kysely, RawBuilder, SqlBool } from "kysely";
import type { KnownStatements } from "../commit/write-on-known.ts";
import type { Tables } from "../schema/tables.ts";
import type { TableDialect } from "../tables/table-dialect.ts";
import type { Work } from "./work.ts";

/** The kinds of values that sets and rows hold; `json` is JSON text, `instant` milliseconds since 1970. */
export type ColumnKind = "id" | "integer" | "text" | "uuid" | "json" | "instant";

/** The columns of a set or of rows, in the order of their values. */
export type ColumnKinds = Readonly<Record<string, ColumnKind>>;

/** What the rows of a set look like inside a query. */
export type SetRow<Columns extends ColumnKinds> = {
  [Column in keyof Columns]: Columns[Column] extends "id" | "integer" ? number : Columns[Column] extends "uuid" ? never : string;
};

/** Ids for new rows, each kind ascending and above all that the store holds. */
export interface NewIds {
  version(): number;
  chain(): number;
  commit(): number;
}

/** How many ids of each kind may be needed. */
export interface IdCounts {
  readonly versions: number;
  readonly chains: number;
  readonly commits: number;
}

/** What can be asked of a field of a payload: see `FieldKey`. */
export interface FieldExpressions {
  /** Its JSON as it was stored; `null` where it is missing. */
  readonly json: RawBuilder<string>;
  readonly kind: RawBuilder<number>;
  readonly number: RawBuilder<number>;
  readonly text: RawBuilder<string>;
}

/** All that the databases differ in when versions are written and read. */
export interface SqlDialect {
  /** Builds and compiles queries; carries none out. */
  readonly builder: Kysely<Tables>;
  /** A relation of rows that are handed over as an argument, to be joined with under an alias. */
  set<Columns extends ColumnKinds>(columns: Columns, pick: (values: never) => readonly (readonly unknown[])[]): RawBuilder<SetRow<Columns>>;
  /** Tells whether a column's value is among those that are handed over as an argument. */
  isAmong(column: string, kind: ColumnKind, pick: (values: never) => readonly unknown[]): RawBuilder<SqlBool>;
  /** For so many versions at a time lists are gathered. */
  readonly gathered: number;
  /**
   * Gathers lists of the versions `v` whose key is among what is handed over as an argument, and of their chains `c`, by index. Those of the
   * versions are in one order, and those of the chains in one that may be another; a list `chain_ids` of theirs is `null` where it is the same.
   */
  gather<Row>(
    ofVersions: Readonly<Record<string, RawBuilder<unknown>>>,
    ofChains: Readonly<Record<string, RawBuilder<unknown>>>,
    key: "v.vid" | "v.ecs_id",
    pick: (values: never) => readonly unknown[],
  ): RawBuilder<Row>;
  /** Gathers UUIDs, never null, into one text; {@link SqlDialect.readUuidList} reads it. */
  uuidList(column: RawBuilder<unknown>): RawBuilder<string>;
  readUuidList(list: string | null): readonly string[];
  /** Gathers numbers, with commas between them: brackets are put around them where they are read, since each would copy them here. */
  numberList(column: RawBuilder<unknown>): RawBuilder<string>;
  /** Gathers values into a JSON array. */
  jsonList(column: RawBuilder<unknown>): RawBuilder<string>;
  /** Puts lists that were gathered, and hold no line ends, into one text, a line each; `null` where they gathered nothing. */
  inLines(lists: readonly RawBuilder<string>[]): RawBuilder<string>;
  /** Gathers those rows into a JSON array that meet a condition, as arrays of their numbers and short texts. */
  tupleList(columns: readonly RawBuilder<unknown>[], condition: RawBuilder<unknown>): RawBuilder<string>;
  /** Gathers JSON that is never null, with commas between. */
  contentList(content: RawBuilder<unknown>): RawBuilder<string>;
  /** A payload where it is short enough to be read together with others, JSON's `null` for a longer one. */
  shortPayload(column: RawBuilder<unknown>): RawBuilder<unknown>;
  /** Names a table of the store in raw SQL. */
  table(name: keyof Tables): RawBuilder<unknown>;
  /** Joins a table to what stands before it, row by row of that: never the other way round, whatever sizes the planner assumes. */
  joinEach(table: keyof Tables, alias: string, condition: RawBuilder<unknown>): RawBuilder<unknown>;
  /** The source of an insert for many rows; the order keeps two writers from waiting for each other in a circle. */
  rows(columns: ColumnKinds, order: readonly string[]): RawBuilder<unknown>;
  /** Reads a UUID column as text that {@link SqlDialect.readUuid} understands. */
  uuidText(column: Expression<unknown>): RawBuilder<string>;
  /** Turns what {@link SqlDialect.uuidText} gave into a UUID. */
  readUuid(text: string): string;
  /** Reads an instant as milliseconds since 1970. */
  milliseconds(column: Expression<unknown>): RawBuilder<number>;
  /** Takes ids for the rows of a batch. */
  reserveIds(counts: IdCounts): Work<NewIds>;
  /** What commits on known heads are written with; `null` where to look costs next to nothing. */
  readonly known: KnownStatements | null;
  /** The type of numbers as JavaScript has them. */
  readonly real: RawBuilder<unknown>;
  /** Reads a field of a JSON payload; the name is handed over as an argument. */
  field(payload: RawBuilder<unknown>, name: (values: never) => string): FieldExpressions;
  /** How typed tables are made, filled and asked. */
  readonly tables: TableDialect;
  /** Reads the bytes that the store occupies. */
  readonly bytes: RawBuilder<number>;
  /** Asks the database what is wrong with its own files; `null` where it has no such check. */
  readonly fileCheck: RawBuilder<{ readonly message: string }> | null;
}
