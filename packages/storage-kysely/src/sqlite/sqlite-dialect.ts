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
import { argument } from "../query/argument.ts";
import type {
  ColumnKind,
  ColumnKinds,
  FieldExpressions,
  Gathered,
  GatheredColumns,
  GatheredRow,
  IdCounts,
  NewIds,
  SetRow,
  SqlDialect,
} from "../query/dialect.ts";
import { compileQuery, type Query, type Work } from "../query/work.ts";
import type { Tables } from "../schema/tables.ts";
import { sqliteTables } from "../tables/sqlite-tables.ts";

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
  readonly real = sql`real`;
  readonly tables = sqliteTables;
  readonly fileCheck = sql<{
    message: string;
  }>`select integrity_check as message from pragma_integrity_check where integrity_check <> 'ok'`;
  readonly #lastIds: Query<undefined, { version: number; chain: number; commit: number }> = compileQuery(
    "last_ids",
    this.builder.selectNoFrom((eb) => [
      eb.selectFrom("version").select(sql<number>`coalesce(max(vid), 0)`.as("last")).$asScalar().$notNull().as("version"),
      eb.selectFrom("chain").select(sql<number>`coalesce(max(id), 0)`.as("last")).$asScalar().$notNull().as("chain"),
      eb.selectFrom("commit").select(sql<number>`coalesce(max(id), 0)`.as("last")).$asScalar().$notNull().as("commit"),
    ]),
  );

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

  /** A text a thousand versions, a column a line: a value a row and column would cost more to hand over than to find. */
  gather(
    { uuids, values, content }: GatheredColumns,
    joins: RawBuilder<unknown>,
    key: "v.vid" | "v.ecs_id",
    pick: (given: never) => readonly unknown[],
  ): RawBuilder<GatheredRow> {
    const given = key === "v.ecs_id" ? sql`unhex(given.value, '-')` : sql`given.value`;
    const chunks = argument((handed: never) => JSON.stringify(chunksOf(pick(handed))));
    const lines = [
      ...uuids.map((value) => sql`lower(group_concat(hex(${value}), ''))`),
      ...values.map(jsonList),
      jsonList(sql`case when octet_length(${content}) <= ${sql.lit(mostGathered)} then ${content} end`),
    ];
    return sql<GatheredRow>`
      select (
        select ${sql.join(lines, sql` || char(10) || `)}
        from json_each(chunk.value) as given cross join version as v on ${sql.ref(key)} = ${given} ${joins}
      ) as packed
      from json_each(${chunks}) as chunk`;
  }

  spread({ uuids, values }: GatheredColumns, rows: readonly GatheredRow[]): Gathered[] {
    return rows.flatMap(({ packed }) => {
      if (typeof packed !== "string") return [];
      // What comes last may hold ends of lines.
      const lines = splitLines(packed, uuids.length + values.length + 1);
      return { uuids: lines.slice(0, uuids.length).map(readUuids), values: lines.slice(uuids.length, -1), content: lines.at(-1) ?? "[]" };
    });
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

  field(payload: RawBuilder<unknown>, name: (values: never) => string): FieldExpressions {
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
      number: sql<number>`case when ${type} in ('integer', 'real') then ${payload} ->> ${path} else 0 end`,
      text: sql<string>`case when ${isDate} then ${payload} ->> ${dateText} when ${isText} then ${payload} ->> ${path} else '' end`,
    };
  }

  uuidText(column: Expression<unknown>): RawBuilder<string> {
    // Without nullif the hex of nothing would be the empty text.
    return sql<string>`nullif(lower(hex(${column})), '')`;
  }

  jsonText(column: Expression<unknown>): RawBuilder<string> {
    return sql<string>`json_quote(${column})`;
  }

  readUuid(text: string): string {
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
  }

  milliseconds(column: Expression<unknown>): RawBuilder<number> {
    return sql<number>`${column}`;
  }

  /** The transaction holds the only write lock, so the ids above the last ones are free. */
  *reserveIds(_counts: IdCounts): Work<NewIds> {
    const [last] = yield* this.#lastIds(undefined);
    let { version, chain, commit } = last ?? { version: 0, chain: 0, commit: 0 };
    return {
      version: () => (version += 1),
      chain: () => (chain += 1),
      commit: () => (commit += 1),
    };
  }
}

/** Longer texts are not gathered, so that what is stays far below what a text can hold. */
const mostGathered = 65_536;
const chunkSize = 1_000;

function jsonList(value: RawBuilder<unknown>): RawBuilder<string> {
  return sql`'[' || group_concat(coalesce(${value}, 'null')) || ']'`;
}

function chunksOf(values: readonly unknown[]): unknown[][] {
  const chunks: unknown[][] = [];
  for (let at = 0; at < values.length; at += chunkSize) chunks.push(values.slice(at, at + chunkSize));
  return chunks;
}

function splitLines(text: string, count: number): string[] {
  const lines: string[] = [];
  let from = 0;
  while (lines.length < count - 1) {
    const end = text.indexOf("\n", from);
    if (end === -1) break;
    lines.push(text.slice(from, end));
    from = end + 1;
  }
  lines.push(text.slice(from));
  return lines;
}

const dash = "-".charCodeAt(0);

/** Writes UUIDs, given as the hexadecimal digits of all of them, the usual way. */
function readUuids(digits: string): string[] {
  const from = Buffer.from(digits, "latin1");
  const count = from.length / 32;
  const to = Buffer.alloc(count * 36, dash);
  for (let source = 0, target = 0; source < from.length; source += 1, target += 1) {
    const place = source % 32;
    if (place === 8 || place === 12 || place === 16 || place === 20) target += 1;
    to[target] = from[source] ?? dash;
  }
  const text = to.toString("latin1");
  return Array.from({ length: count }, (_, index) => text.slice(index * 36, index * 36 + 36));
}

function bound(kind: ColumnKind): RawBuilder<unknown> {
  const parameter = sql`${null}`;
  return kind === "uuid" ? sql`unhex(${parameter}, '-')` : parameter;
}
