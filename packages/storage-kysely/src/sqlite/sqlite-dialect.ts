import {
  DummyDriver,
  type Expression,
  Kysely,
  type RawBuilder,
  type SqlBool,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from "kysely";
import { argument } from "../query/sql-argument.ts";
import { namedColumns } from "../query/compile-raw.ts";
import type { ColumnKind, ColumnKinds, FieldExpressions, IdCounts, NewIds, SetRow, SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Query, type Work } from "../query/work.ts";
import type { Tables } from "../schema/tables.ts";
import { sqliteTables } from "../tables/sqlite-tables.ts";
import { idsAfter, type LastIds, readUuid } from "./sqlite-ids.ts";

/**
 * How versions are written and read in SQLite: UUIDs as 16 bytes, instants as milliseconds, sets as one JSON parameter, rows by
 * one prepared statement carried out for each.
 */
export class SqliteSqlDialect implements SqlDialect {
  readonly builder = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  readonly bytes = sql<number>`(select page_count * page_size from pragma_page_count(), pragma_page_size())`;
  readonly known = null;
  readonly gathered: number;
  readonly real = sql`real`;
  readonly tables = sqliteTables;
  readonly fileCheck = sql<{
    message: string;
  }>`select integrity_check as message from pragma_integrity_check where integrity_check <> 'ok'`;
  readonly lastIds: Query<undefined, LastIds> = compileQuery(
    "last_ids",
    this.builder.selectNoFrom((eb) => [
      eb.selectFrom("version").select(sql<number>`coalesce(max(vid), 0)`.as("last")).$asScalar().$notNull().as("version"),
      eb.selectFrom("chain").select(sql<number>`coalesce(max(id), 0)`.as("last")).$asScalar().$notNull().as("chain"),
      eb.selectFrom("commit").select(sql<number>`coalesce(max(id), 0)`.as("last")).$asScalar().$notNull().as("commit"),
    ]),
  );

  /** @param gathered - more at a time would be put together in memory that comes from the system each time and goes back, which takes as long as to fill it */
  constructor(gathered = 500) {
    this.gathered = gathered;
  }

  set<Columns extends ColumnKinds>(
    columns: Columns,
    pick: (values: never) => readonly (readonly unknown[])[],
  ): RawBuilder<SetRow<Columns>> {
    const names = Object.keys(columns);
    const read = Object.entries(columns).map(([name, kind], index) => {
      const value = names.length === 1 ? sql`value` : sql`value ->> ${sql.lit(index)}`;
      return sql`${kind === "uuid" ? sql`unhex(${value}, '-')` : value} as ${sql.ref(name)}`;
    });
    const json = argument((values: never) => {
      const rows = pick(values);
      return JSON.stringify(names.length === 1 ? rows.map(([value]) => value) : rows);
    });
    return sql<SetRow<Columns>>`(select ${sql.join(read)} from json_each(${json}))`;
  }

  isAmong(column: string, kind: ColumnKind, pick: (values: never) => readonly unknown[]): RawBuilder<SqlBool> {
    const values = argument((given: never) => JSON.stringify(pick(given)));
    return sql<SqlBool>`${sql.ref(column)} in (select ${kind === "uuid" ? sql`unhex(value, '-')` : sql`value`} from json_each(${values}))`;
  }

  gather<Row>(
    ofVersions: Readonly<Record<string, RawBuilder<unknown>>>,
    ofChains: Readonly<Record<string, RawBuilder<unknown>>>,
    key: "v.vid" | "v.ecs_id",
    pick: (values: never) => readonly unknown[],
  ): RawBuilder<Row> {
    const keys = argument((given: never) => JSON.stringify(pick(given)));
    const given = key === "v.ecs_id" ? sql`unhex(given.value, '-')` : sql`given.value`;
    return sql<Row>`select ${namedColumns({ ...ofVersions, ...ofChains, chain_ids: sql`null` })} from json_each(${keys}) as given
      cross join version as v on ${sql.ref(key)} = ${given} cross join chain as c on c.id = v.chain`;
  }

  uuidList(column: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`group_concat(hex(${column}), '')`;
  }

  readUuidList(list: string | null): string[] {
    return list === null ? [] : readUuids(list);
  }

  numberList(column: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`group_concat(${column})`;
  }

  jsonList(column: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`'[' || group_concat(json_quote(${column})) || ']'`;
  }

  inLines(lists: readonly RawBuilder<string>[]): RawBuilder<string> {
    return sql<string>`${sql.join(lists, sql` || char(10) || `)}`;
  }

  tupleList(columns: readonly RawBuilder<unknown>[], condition: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`json_group_array(json_array(${sql.join(columns)})) filter (where ${condition})`;
  }

  contentList(content: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`group_concat(${content})`;
  }

  shortPayload(column: RawBuilder<unknown>): RawBuilder<unknown> {
    return sql`case when octet_length(${column}) <= ${sql.lit(mostGathered)} then ${column} else 'null' end`;
  }

  table(name: keyof Tables): RawBuilder<unknown> {
    return sql.id(name);
  }

  joinEach(table: keyof Tables, alias: string, condition: RawBuilder<unknown>): RawBuilder<unknown> {
    return sql`cross join ${sql.id(table)} as ${sql.id(alias)} on ${condition}`;
  }

  rows(columns: ColumnKinds): RawBuilder<unknown> {
    const values = Object.values(columns).map((kind) => bound(kind));
    return sql`values (${sql.join(values)})`;
  }

  /** JSON that is nested more deeply than SQLite looks into, a thousand levels, has no fields to ask for. A whole number is the double it is in JavaScript. */
  field(stored: RawBuilder<unknown>, name: (values: never) => string): FieldExpressions {
    const payload = sql`(case when json_valid(${stored}) then ${stored} end)`;
    const path = argument((values: never) => `$."${name(values)}"`);
    const type = sql`json_type(${payload}, ${path})`;
    const date = argument((values: never) => `$."${name(values)}"."$type"`);
    const dateText = argument((values: never) => `$."${name(values)}".value`);
    const isPlain = (text: RawBuilder<unknown>) => sql`instr(${payload} -> ${text}, '\\u') = 0`;
    const isText = sql`${type} = 'text' and ${isPlain(path)}`;
    const isDate = sql`${type} = 'object' and ${payload} -> ${date} = '"date"' and json_type(${payload}, ${dateText}) = 'text' and ${isPlain(dateText)}`;
    return {
      json: sql<string>`coalesce(${payload} -> ${path}, 'null')`,
      kind: sql<number>`case when ${type} in ('integer', 'real') then 1 when ${isDate} then 2 when ${isText} then 3 else 0 end`,
      number: sql<number>`case when ${type} in ('integer', 'real') then cast(${payload} ->> ${path} as real) else 0 end`,
      text: sql<string>`case when ${isDate} then ${payload} ->> ${dateText} when ${isText} then ${payload} ->> ${path} else '' end`,
    };
  }

  uuidText(column: Expression<unknown>): RawBuilder<string> {
    // Without nullif the hex of nothing would be the empty text.
    return sql<string>`nullif(lower(hex(${column})), '')`;
  }

  readUuid(text: string): string {
    return readUuid(text);
  }

  milliseconds(column: Expression<unknown>): RawBuilder<number> {
    return sql<number>`${column}`;
  }

  reserveIds(_counts: IdCounts): Work<NewIds> {
    return idsAfter(this.lastIds);
  }
}

/** Longer texts are not gathered, so that what is stays far below what a text can hold. */
const mostGathered = 65_536;
const dash = "-".charCodeAt(0);

/** The places of the digits of a UUID as it is usually written. */
const groups = [
  { from: 0, to: 0, length: 8 },
  { from: 8, to: 9, length: 4 },
  { from: 12, to: 14, length: 4 },
  { from: 16, to: 19, length: 4 },
  { from: 20, to: 24, length: 12 },
] as const;

/** What tells small letters from capital ones; digits have it too. */
const small = 0x20;

/** Writes UUIDs, given as the hexadecimal digits of all of them, the usual way. */
function readUuids(digits: string): string[] {
  const from = Buffer.from(digits, "latin1");
  const count = from.length / 32;
  const to = Buffer.alloc(count * 36, dash);
  for (const group of groups) {
    for (let source = group.from, target = group.to; source < from.length; source += 32, target += 36) {
      for (let digit = 0; digit < group.length; digit += 1) to[target + digit] = (from[source + digit] ?? dash) | small;
    }
  }
  const text = to.toString("latin1");
  const uuids: string[] = [];
  for (let at = 0; at < text.length; at += 36) uuids.push(text.slice(at, at + 36));
  return uuids;
}

function bound(kind: ColumnKind): RawBuilder<unknown> {
  const parameter = sql`${null}`;
  return kind === "uuid" ? sql`unhex(${parameter}, '-')` : parameter;
}
