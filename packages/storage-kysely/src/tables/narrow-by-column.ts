import { type FieldFilter, fieldKey, type JsonValue, type ListQuery } from "@minference/ecs";
import { type RawBuilder, sql } from "kysely";
import type { VersionTable } from "../schema/tables.ts";
import { argument } from "../query/sql-argument.ts";
import { literal } from "./sql-names.ts";
import { countSame, type StoredTable } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";
import { type Column, type ColumnType, columnsOf, mostDigits } from "./table-mapping.ts";

/** What a column is compared with. */
interface Bound {
  readonly operator: FieldFilter["operator"];
  readonly value: unknown;
}

/** A condition on a column that holds wherever the condition on the field does. */
interface Narrowing {
  readonly table: StoredTable;
  readonly column: Column;
  /** The asked types that are in the table. */
  readonly types: readonly string[];
  readonly bound: Bound;
}

/** How the versions that a query asks for are found by the index of a column, each type in one table. */
export interface NarrowedQuery {
  /** Tells two queries with the same SQL. */
  readonly tables: readonly Narrowing[];
}

/** What a narrowed query is carried out with. */
export interface NarrowingArguments {
  readonly bounds: readonly unknown[];
}

/** Finds the ways in which indexed columns narrow a query down; those by equality come first. */
export function narrowings(tables: readonly StoredTable[], { types, where = [] }: Pick<ListQuery, "types" | "where">): NarrowedQuery[] {
  const ordered = [...where.filter(({ operator }) => operator === "="), ...where.filter(({ operator }) => operator !== "=")];
  return ordered.flatMap((filter) => {
    const covered = new Set<string>();
    const found = tables.flatMap((table): Narrowing[] => {
      const column = columnsOf(table.mapping).find(({ field, indexed }) => indexed && field === filter.field);
      const bound = column === undefined ? null : boundOf(column.type, filter);
      if (column === undefined || bound === null || table.filling !== null) return [];
      const having = table.mapping.classes.filter(
        ({ type, fields }) => types.includes(type) && !covered.has(type) && fields.some(({ field }) => field === filter.field),
      );
      for (const { type } of having) covered.add(type);
      return having.length === 0 ? [] : [{ table, column, types: having.map(({ type }) => type), bound }];
    });
    return types.length > 0 && types.every((type) => covered.has(type)) ? [{ tables: found }] : [];
  });
}

/** The arguments of a narrowed query. */
export function narrowingArguments({ tables }: NarrowedQuery): NarrowingArguments {
  return { bounds: tables.map(({ bound }) => bound.value) };
}

/** The versions that carry or share a payload that an indexed column leads to. */
export function narrowed(dialect: TableDialect, { tables }: NarrowedQuery): RawBuilder<VersionTable> {
  const version = sql.raw(dialect.relation("version"));
  const found = tables.flatMap((each, index) => {
    const rows = sql`${sql.raw(dialect.relation(each.table.name))} as t`;
    const matches = condition(dialect, each, index);
    return [
      sql`select t.vid from ${rows} where ${matches}`,
      sql`select s.vid from ${rows} join ${version} as s on s.payload_of = t.vid where ${matches}`,
    ];
  });
  const each = sql.raw(dialect.joinEach("version", "o", "o.vid = f.vid"));
  return sql<VersionTable>`(select o.* from (${sql.join(found, sql` union all `)}) as f ${each})`;
}

/** Counts the payloads that indexed columns lead to, up to a limit, and tells whether the tables are still what they were taken for. */
export function countNarrowed(dialect: TableDialect, { tables }: NarrowedQuery, limit: number): RawBuilder<NarrowedCount> {
  const counts = tables.map((each, index) => {
    const rows = sql`${sql.raw(dialect.relation(each.table.name))} as t`;
    return sql`select count(*) as found, (${sql.raw(countSame(dialect, each.table))}) as same from (
      select 1 from ${rows} where ${condition(dialect, each, index)} limit ${sql.lit(limit)}) as matching`;
  });
  return sql<NarrowedCount>`${sql.join(counts, sql` union all `)}`;
}

/** What {@link countNarrowed} finds for each table. */
export interface NarrowedCount {
  readonly found: number;
  /** 1 where the table is still mapped as it was; else 0. */
  readonly same: number;
}

function condition(dialect: TableDialect, { table, column, types, bound }: Narrowing, index: number): RawBuilder<unknown> {
  const type = sql.raw(dialect.types[column.type].replace(/ collate .*/, ""));
  const value = sql`cast(${argument(({ bounds }: NarrowingArguments) => bounds[index])} as ${type})`;
  const [before, after] = dialect.indexed(column);
  const around = (inner: RawBuilder<unknown>) => sql`${sql.raw(before)}${inner}${sql.raw(after)}`;
  const isAll = table.mapping.classes.every(({ type }) => types.includes(type));
  const ofType = isAll ? sql`` : sql.raw(` and t.entity_type in (${types.map(literal).join(", ")})`);
  return sql`${around(sql`t.${sql.id(column.name)}`)} ${sql.raw(bound.operator)} ${around(value)}${ofType}`;
}

const inclusive: Readonly<Record<FieldFilter["operator"], FieldFilter["operator"] | null>> = {
  "=": "=",
  "!=": null,
  "<": "<=",
  "<=": "<=",
  ">": ">=",
  ">=": ">=",
};

/** Turns a condition on a field into one on its column that no version is lost by; `null` where there is none. */
function boundOf(type: ColumnType, filter: FieldFilter): Bound | null {
  const operator = inclusive[filter.operator];
  if (operator === null) return null;
  const value = boundValue(type, filter.value, operator);
  return value === null ? null : { operator, value };
}

function boundValue(type: ColumnType, value: JsonValue, operator: FieldFilter["operator"]): unknown {
  const { kind, text } = fieldKey(value);
  switch (type) {
    case "text":
      return kind === 3 ? value : null;
    case "real":
      return typeof value === "number" ? value : null;
    case "integer": {
      const bound =
        typeof value === "number" ? (operator === "<=" ? Math.floor(value) : operator === ">=" ? Math.ceil(value) : value) : Number.NaN;
      return Number.isSafeInteger(bound) ? bound : null;
    }
    case "boolean":
      return typeof value === "boolean" && operator === "=" ? Number(value) : null;
    case "instant":
      return kind === 2 && isInstant(text) ? text : null;
    case "int64":
    case "bigint":
      return bigintDigits(type, value);
    case "json":
      return null;
  }
}

/** Tells whether a text is a moment of the years 1 to 9999, as dates are written. */
function isInstant(text: string): boolean {
  if (!/^(?!0000)\d{4}-/.test(text)) return false;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text;
}

/** The digits of a bigint that a column holds. */
function bigintDigits(type: "int64" | "bigint", value: JsonValue): string | null {
  if (typeof value !== "object" || value === null || !("$type" in value) || value.$type !== "bigint" || !("value" in value)) return null;
  const digits = value.value;
  if (typeof digits !== "string" || !/^-?\d+$/.test(digits) || digits.length > mostDigits) return null;
  return type === "bigint" || BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? digits : null;
}
