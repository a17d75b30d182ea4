import type { JsonValue } from "@minference/ecs";

/**
 * What a column of a typed table holds. `integer` are safe integers, `int64` bigints of 64 bits, `bigint` those of any size, `instant`
 * moments, `json` everything that is no single value.
 */
export type ColumnType = "text" | "integer" | "int64" | "bigint" | "real" | "boolean" | "instant" | "json";

/** Characters of the longest bigint that every column takes: Postgres has no more digits. */
export const mostDigits = 131_072;

/** How a class fills the column of one of its fields. */
export interface FieldMapping {
  readonly field: string;
  readonly type: ColumnType;
  /** Whether rows of the class always have a value, from `since` on. */
  readonly required: boolean;
  /** The only values that rows of the class have, from `since` on. */
  readonly values: readonly (string | number)[] | null;
  /** The schema version from which on `required` and `values` hold; older rows are as they were stored. */
  readonly since: number;
  /** What stands for a field that is missing in the payload; a bigint as text. */
  readonly missing: JsonValue;
  readonly indexed: boolean;
  /** Whether texts are known to be short, so that an index may hold them whole. */
  readonly short: boolean;
}

/** How the payloads of one entity class become rows. */
export interface ClassMapping {
  /** The entity's defined name. */
  readonly type: string;
  readonly schemaVersion: number;
  readonly fields: readonly FieldMapping[];
  /** Fields that hold a single entity. */
  readonly references: readonly string[];
  /** Fields that hold any number of entities. */
  readonly members: readonly string[];
}

/** The SQL name that something of a field has. */
export interface FieldName {
  readonly field: string;
  readonly name: string;
}

/**
 * A typed table: one row for each payload of the classes of one family, keyed by the version that carries it. It is recorded in the
 * store, so that whoever opens it keeps the rows.
 */
export interface TableMapping {
  readonly format: 1;
  /** The entity name of the class that all others of the table extend. */
  readonly family: string;
  /** `table`: all fields have columns, and there are views. `indexes`: only the indexed fields have. */
  readonly kind: "table" | "indexes";
  readonly classes: readonly ClassMapping[];
  readonly table: string;
  /** Rises with each change of the table. */
  readonly generation: number;
  readonly columns: readonly FieldName[];
  readonly references: readonly FieldName[];
  /** The views of the fields that hold any number of entities. */
  readonly members: readonly FieldName[];
  /** The view of the last version of each branch. */
  readonly latest: string;
  /** The view of all versions. */
  readonly versions: string;
}

/** A table as it is wanted, before it has names. */
export interface WantedTable extends Pick<TableMapping, "family" | "kind" | "classes"> {
  /** Where only indexes are wanted: the classes with all fields, as which they join a table that their family has. */
  readonly joining?: readonly ClassMapping[];
}

/** A column with all that its classes say of it. */
export interface Column extends FieldName {
  readonly type: ColumnType;
  readonly indexed: boolean;
  readonly short: boolean;
}

/** The fields of a family, each once. */
export function fieldsOf(classes: readonly ClassMapping[]): Omit<Column, "name">[] {
  const found = new Map<string, Omit<Column, "name">>();
  for (const { field, type, indexed, short } of classes.flatMap(({ fields }) => fields)) {
    const other = found.get(field);
    if (other === undefined) found.set(field, { field, type, indexed, short });
    else found.set(field, { field, type: common(other.type, type), indexed: other.indexed || indexed, short: other.short && short });
  }
  // What is JSON is found by no index, and may be longer than one takes.
  return Array.from(found.values(), (column) => ({ ...column, indexed: column.indexed && column.type !== "json" }));
}

/** The columns of a table, in their order. */
export function columnsOf({ classes, columns }: Pick<TableMapping, "classes" | "columns">): Column[] {
  const names = new Map(columns.map(({ field, name }) => [field, name]));
  return fieldsOf(classes).map((column) => Object.assign(column, { name: names.get(column.field) ?? column.field }));
}

const numbers: ReadonlySet<ColumnType> = new Set(["integer", "real"]);
const bigints: ReadonlySet<ColumnType> = new Set(["int64", "bigint"]);

/** The type that holds what either holds. */
export function common(a: ColumnType, b: ColumnType): ColumnType {
  if (a === b) return a;
  if (numbers.has(a) && numbers.has(b)) return "real";
  return bigints.has(a) && bigints.has(b) ? "bigint" : "json";
}
