import {
  DummyDriver,
  type Expression,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  type SqlBool,
  sql,
} from "kysely";
import type { KnownStatements } from "../commit/write-on-known.ts";
import { argument } from "../query/sql-argument.ts";
import { namedColumns } from "../query/compile-raw.ts";
import type { ColumnKind, ColumnKinds, FieldExpressions, IdCounts, NewIds, SetRow, SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Query, type Work } from "../query/work.ts";
import type { Tables } from "../schema/tables.ts";
import { idBlock } from "./postgres-schema.ts";
import { givenRows, sqlTypes } from "./given-rows.ts";
import { knownStatements } from "./known-statements.ts";
import { postgresTables } from "../tables/postgres-tables.ts";
import type { TableDialect } from "../tables/table-dialect.ts";

/**
 * How versions are written and read in Postgres: `uuid`, `timestamptz`, sets and rows as one array a column, so that the text of a
 * statement, and its prepared form, is the same for any number of rows.
 */
export class PostgresSqlDialect implements SqlDialect {
  readonly builder: Kysely<Tables>;
  readonly bytes: RawBuilder<number>;
  readonly real = sql`double precision`;
  readonly fileCheck = null;
  /** While some are read here, the server gathers the next. */
  readonly gathered = 1_000;
  readonly tables: TableDialect;
  readonly #schema: string;
  readonly #nextIds: Query<number, { id: number }>;
  readonly known: KnownStatements;

  /** @param schema - where the tables stand */
  constructor(schema: string) {
    this.#schema = schema;
    this.tables = postgresTables(schema);
    this.builder = new Kysely<Tables>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    }).withSchema(schema);
    const sizes = (["chain", "version", "edge", "commit"] as const).map(
      (table) => sql`pg_total_relation_size(${sql.lit(quoted(schema, table))})`,
    );
    const typed = sql`(select coalesce(sum(pg_total_relation_size(format('%I.%I', ${sql.lit(schema)}::text, name)::regclass)), 0)::bigint
      from ${sql.id(schema, "typed_table")})`;
    this.bytes = sql<number>`(${sql.join([...sizes, typed], sql` + `)})`;
    const count = argument((rows: number) => rows);
    this.#nextIds = compileQuery(
      "next_ids",
      this.builder
        .selectFrom(
          sql<{ id: number }>`(select nextval(${sql.lit(quoted(schema, "row_id"))}) as id from generate_series(1, ${count}))`.as("ids"),
        )
        .select("id"),
    );
    this.known = knownStatements(this, sql.lit(quoted(schema, "row_id")));
  }

  /** Takes deleted rows out of the tables that hold contents. */
  vacuum(typedTables: readonly string[]): string {
    return `vacuum ${["version", "edge", ...typedTables].map((table) => this.tables.relation(table)).join(", ")}`;
  }

  set<Columns extends ColumnKinds>(
    columns: Columns,
    pick: (values: never) => readonly (readonly unknown[])[],
  ): RawBuilder<SetRow<Columns>> {
    const arrays = Object.values(columns).map((kind, index) => {
      const values = argument((from: never) => pick(from).map((row) => row[index]));
      return sql`${values}::${sql.raw(sqlTypes[kind])}[]`;
    });
    const names = Object.keys(columns).map((name) => sql.ref(name));
    return sql<SetRow<Columns>>`(select * from unnest(${sql.join(arrays)}) as given(${sql.join(names)}))`;
  }

  isAmong(column: string, kind: ColumnKind, pick: (values: never) => readonly unknown[]): RawBuilder<SqlBool> {
    return sql<SqlBool>`${sql.ref(column)} = any(${argument(pick)}::${sql.raw(sqlTypes[kind])}[])`;
  }

  /** The chains are looked up all at once, in the order of their index, which takes half as long as one after the other. */
  gather<Row>(
    ofVersions: Readonly<Record<string, RawBuilder<unknown>>>,
    ofChains: Readonly<Record<string, RawBuilder<unknown>>>,
    key: "v.vid" | "v.ecs_id",
    pick: (given: never) => readonly unknown[],
  ): RawBuilder<Row> {
    // Written here, since the driver looks at each element for what needs escapes.
    const keys = argument((given: never) => `{${pick(given).join(",")}}`);
    const versions = sql`select ${namedColumns(ofVersions)}, array_agg(v.chain) as all_chains from ${this.table("version")} as v
      where ${sql.ref(key)} = any(${keys}::${sql.raw(key === "v.vid" ? "bigint" : "uuid")}[])`;
    return sql<Row>`select ${sql.join(Object.keys(ofVersions).map((name) => sql.ref(name)))}, chains.* from (${versions} offset 0) as versions
      cross join lateral (select ${namedColumns(ofChains)} from ${this.table("chain")} as c where c.id = any(versions.all_chains)) as chains`;
  }

  /** One after the other, each as long as any: as JSON they would cost the server three times as much. */
  uuidList(column: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`string_agg(${column}::text, '')`;
  }

  readUuidList(list: string | null): string[] {
    const text = list ?? "";
    const ids: string[] = [];
    for (let at = 0; at < text.length; at += uuidLength) ids.push(text.slice(at, at + uuidLength));
    return ids;
  }

  numberList(column: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`string_agg(${column}::text, ',')`;
  }

  jsonList(column: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`json_agg(${column})`;
  }

  inLines(lists: readonly RawBuilder<string>[]): RawBuilder<string> {
    const texts = lists.map((list) => sql`${list}::text`);
    return sql<string>`${sql.join(texts, sql` || chr(10) || `)}`;
  }

  tupleList(columns: readonly RawBuilder<unknown>[], condition: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`json_agg(json_build_array(${sql.join(columns)})) filter (where ${condition})`;
  }

  contentList(content: RawBuilder<unknown>): RawBuilder<string> {
    return sql<string>`string_agg((${content})::text, ',')`;
  }

  /** What is short as it stands in its row need not be unpacked to know how long it is. */
  shortPayload(column: RawBuilder<unknown>): RawBuilder<unknown> {
    const most = sql.lit(mostGathered);
    return sql`case when pg_column_size(${column}) > ${most} then 'null'
      when pg_column_compression(${column}) is null or octet_length((${column})::text) <= ${most} then ${column} else 'null' end`;
  }

  table(name: keyof Tables): RawBuilder<unknown> {
    return sql.id(this.#schema, name);
  }

  joinEach(table: keyof Tables, alias: string, condition: RawBuilder<unknown>): RawBuilder<unknown> {
    const name = sql.id(alias);
    return sql`cross join lateral (select * from ${this.table(table)} as ${name} where ${condition} offset 0) as ${name}`;
  }

  rows(columns: ColumnKinds, order: readonly string[]): RawBuilder<unknown> {
    return givenRows(columns, order);
  }

  field(payload: RawBuilder<unknown>, name: (values: never) => string): FieldExpressions {
    const json = fieldText(payload, argument(name));
    // Reading a text that holds NUL or half a pair would fail, so that only what has no numbered escapes is read. It is read once for each
    // expression: written out wherever it is used, it makes statements four times as long, which take longer, too.
    const given = sql`(select ${json} as json offset 0) as given`;
    const read = sql`(select case when strpos(json, '\\u') = 0 then json::json end as value from ${given} offset 0) as read`;
    const of = <Value>(expression: RawBuilder<Value>) => sql<Value>`(select ${expression} from ${read})`;
    const type = sql`json_typeof(value)`;
    const isDate = sql`case when ${type} = 'object' then (value -> '$type')::text = '"date"' and json_typeof(value -> 'value') = 'string' else false end`;
    return {
      json: sql<string>`coalesce(${json}, 'null')`,
      kind: of(sql<number>`case when ${type} = 'number' then 1 when ${isDate} then 2 when ${type} = 'string' then 3 else 0 end`),
      number: of(sql<number>`case when ${type} = 'number' then (value #>> '{}')::double precision else 0 end`),
      text: of(sql<string>`case when ${isDate} then value ->> 'value' when ${type} = 'string' then value #>> '{}' else '' end collate "C"`),
    };
  }

  uuidText(column: Expression<unknown>): RawBuilder<string> {
    return sql<string>`${column}`;
  }

  readUuid(text: string): string {
    return text;
  }

  milliseconds(column: Expression<unknown>): RawBuilder<number> {
    return sql<number>`(extract(epoch from ${column}) * 1000)::bigint`;
  }

  /** One sequence serves all tables, a block of ids a step: other writers take from it at the same time, so there are gaps. */
  *reserveIds(counts: IdCounts): Work<NewIds> {
    const blocks = Math.ceil((counts.versions + counts.chains + counts.commits) / idBlock);
    const firsts = (yield* this.#nextIds(blocks)).map(({ id }) => id).values();
    let id = 0;
    let left = 0;
    const next = () => {
      if (left === 0) {
        const { value, done } = firsts.next();
        if (done === true) throw new RangeError("More rows were planned than ids reserved");
        id = value - 1;
        left = idBlock;
      }
      left -= 1;
      return (id += 1);
    };
    return { version: next, chain: next, commit: next };
  }
}

const uuidLength = 36;
/** Longer texts are not gathered, so that what is stays far below what a text can hold. */
const mostGathered = 65_536;

/**
 * Reads the JSON of a field, letter by letter. Postgres looks into every string on its way there, and refuses NUL and halves of pairs. So where
 * there are numbered escapes, their backslash is doubled for the way, and a space keeps apart what was doubled before.
 */
function fieldText(payload: RawBuilder<unknown>, name: RawBuilder<unknown>): RawBuilder<string> {
  const hidden = sql`replace(replace(${payload}::text, '\\\\', '\\\\ '), '\\u', '\\\\u')::json`;
  return sql<string>`(case when strpos(${payload}::text, '\\u') = 0 then (${payload} -> ${name}::text)::text
    else replace(replace((${hidden} -> ${name}::text)::text, '\\\\u', '\\u'), '\\\\ ', '\\\\') end)`;
}

function quoted(schema: string, name: string): string {
  return `"${schema.replaceAll('"', '""')}"."${name}"`;
}
