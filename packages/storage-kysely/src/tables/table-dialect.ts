import type { JsonValue } from "@minference/ecs";
import type { Column, ColumnType, TableMapping } from "./table-mapping.ts";

/** A typed table where it stands: under its own name, or under another while it is filled. */
export interface PlacedTable {
  readonly mapping: TableMapping;
  readonly name: string;
}

/** All that the databases differ in when typed tables are made, filled and asked. SQL is written out, to be read by people. */
export interface TableDialect {
  readonly types: Readonly<Record<ColumnType, string>>;
  /** What ends the definition of a table. */
  readonly tableEnd: string;
  /** Names a table or view of the store. */
  readonly relation: (name: string) => string;
  /** Joins a table of the store to what stands before it, row by row of that, whatever sizes the planner assumes. */
  readonly joinEach: (name: string, alias: string, condition: string) => string;
  /** Stands for the argument at a place, counted from 1. */
  readonly parameter: (place: number) => string;
  /** What reads a payload once for all values that are taken from it; stands behind the row it is of. */
  readonly parsed: (payload: string) => string;
  /** Takes the value of a field from a payload; null for what the column can't hold. */
  readonly value: (type: ColumnType, field: string, payload: string) => string;
  /** Tells whether a payload has no such field. */
  readonly isMissing: (field: string, payload: string) => string;
  /** Writes a value that stands for a missing field. */
  readonly constant: (type: ColumnType, value: JsonValue) => string;
  /** Shows a UUID as text. */
  readonly uuid: (column: string) => string;
  /** Shows the time of a commit. */
  readonly instant: (column: string) => string;
  /** What of a column an index holds, as what stands before and behind its name. */
  readonly indexed: (column: Column) => readonly [before: string, after: string];
  /** What a version `v` holds in a field: joined to it as `m`, from the edges that cover it. */
  readonly members: {
    readonly position: string;
    readonly slot: string;
    readonly child: string;
    readonly from: (line: string, covering: string) => string;
  };
  /** Writes what finds the names of relations that others have made upon some. */
  readonly dependents: (relations: readonly string[]) => string;
  /** Begins a change of tables: what others hold is waited for a little, not for ever, while they wait behind it. */
  readonly beforeChange: readonly string[];
  /** Takes triggers away that would be in the way of a change of tables. */
  readonly dropTriggers: readonly string[];
  /** Makes triggers that keep tables as the payloads are, in place of those that are there. */
  readonly createTriggers: (tables: readonly PlacedTable[]) => string[];
}
