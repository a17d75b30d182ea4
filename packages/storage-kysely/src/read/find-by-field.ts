import { createHash } from "node:crypto";
import {
  type FieldCursor,
  fieldCursorText,
  type FieldFilter,
  fieldKey,
  type FieldKey,
  type ListQuery,
  type Page,
  readFieldCursor,
  type VersionHeader,
} from "@minference/ecs";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { argument } from "../query/sql-argument.ts";
import type { FieldExpressions, SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Work } from "../query/work.ts";
import { readCursor } from "./cursor.ts";
import { narrowed, type NarrowedQuery, type NarrowingArguments, narrowingArguments } from "../tables/narrow-by-column.ts";
import { type HeaderRow, headerQuery, lastSeq, unindexed } from "./header-query.ts";
import { readHeader } from "./load-versions.ts";

interface FoundRow extends HeaderRow, FieldCursor {}

/** What a query by field is carried out with. */
interface Asked extends NarrowingArguments {
  readonly types: readonly string[];
  readonly where: readonly (FieldFilter & { readonly json: string; readonly key: FieldKey })[];
  readonly order: string;
  readonly from: FieldCursor;
  readonly limit: number;
}

const payload = sql`coalesce(v.payload, s.payload)`;
const start: FieldCursor = { kind: -1, number: 0, text: "", chain: 0, seq: 0 };
const end: FieldCursor = { kind: 9, number: 0, text: "", chain: 0, seq: 0 };

/**
 * Prepares a query by field. The text of its statement depends on which comparisons it makes, and not on names and values.
 *
 * @param narrowing - how indexes of typed tables lead to few payloads among which all that is asked for are
 * @throws {StorageError} `invalid` for a cursor that is none
 */
export function findByField(
  dialect: SqlDialect,
  query: ListQuery & { readonly where: readonly FieldFilter[] },
  narrowing: NarrowedQuery | null = null,
): () => Work<Page<VersionHeader>> {
  const { orderBy, where, limit, after } = query;
  const isOrdered = orderBy !== undefined;
  const descending = orderBy?.direction === "descending";
  const first = descending ? end : start;
  const from = after === undefined ? first : isOrdered ? readFieldCursor(after) : { ...start, ...readCursor(after) };
  const asked: Asked = {
    types: query.types,
    where: where.map((filter) => Object.assign(filter, { json: JSON.stringify(filter.value), key: fieldKey(filter.value) })),
    order: orderBy?.field ?? "",
    from,
    limit: limit + 1,
    bounds: narrowing === null ? [] : narrowingArguments(narrowing).bounds,
  };
  const compiled = statement(dialect, query.versions, where, isOrdered ? (descending ? "desc" : "asc") : null, narrowing).compile();
  const name = `find_${createHash("sha256").update(compiled.sql).digest("hex").slice(0, 16)}`;
  const find = compileQuery<Asked, FoundRow>(name, { compile: () => compiled });
  return function* work() {
    const rows = yield* find(asked);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const cursor = last === undefined ? "" : isOrdered ? fieldCursorText(last) : `${last.chain}.${last.seq}`;
    return { items: page.map((row) => readHeader(dialect, row)), next: page.length === rows.length ? null : cursor };
  };
}

function statement(
  dialect: SqlDialect,
  versions: ListQuery["versions"],
  where: readonly FieldFilter[],
  order: "asc" | "desc" | null,
  narrowing: NarrowedQuery | null,
) {
  const by = dialect.field(payload, ({ order }: Asked) => order);
  const key: Pick<FieldExpressions, "kind" | "number" | "text"> =
    order === null ? { kind: sql<number>`0`, number: sql<number>`0`, text: sql<string>`''` } : by;
  let query = headerQuery(dialect, narrowing === null ? undefined : narrowed(dialect.tables, narrowing))
    .leftJoin("version as s", "s.vid", "v.payload_of")
    .select(["v.chain", "v.seq", key.kind.as("kind"), key.number.as("number"), key.text.as("text")])
    .limit(argument(({ limit }: Asked) => limit));
  // Narrowed down, they are of these types; and no index but that of the column is to be gone by.
  if (narrowing === null) query = query.where(dialect.isAmong("c.type", "text", ({ types }: Asked) => types));
  if (versions === "heads") query = query.where("v.seq", "=", lastSeq);
  for (const [index, { operator }] of where.entries()) query = query.where(condition(dialect, index, operator));
  if (order === null) {
    const [chain, seq] = narrowing === null ? [sql.ref("c.id"), sql.ref("v.seq")] : [unindexed("c.id"), unindexed("v.seq")];
    return query
      .where(chainsAfter(versions, chain, seq))
      .orderBy(chain)
      .orderBy(seq);
  }
  const columns = [key.kind, key.number, key.text, sql`v.chain`, sql`v.seq`];
  query = query.where(sql<SqlBool>`(${sql.join(columns)}) ${sql.raw(order === "asc" ? ">" : "<")} (${sql.join(position(dialect))})`);
  for (const column of columns) query = query.orderBy(column, order);
  return query;
}

function lastChain(): RawBuilder<number> {
  return argument(({ from }: Asked) => from.chain);
}

/** Heads of chains that were listed are left behind, also where they have moved on. */
function chainsAfter(versions: ListQuery["versions"], chain: RawBuilder<unknown>, seq: RawBuilder<unknown>): RawBuilder<SqlBool> {
  if (versions === "heads") return sql<SqlBool>`${chain} > ${lastChain()}`;
  return sql<SqlBool>`${chain} >= ${lastChain()} and (${chain} > ${lastChain()} or ${seq} > ${argument(({ from }: Asked) => from.seq)})`;
}

function position(dialect: SqlDialect): RawBuilder<unknown>[] {
  const { real } = dialect;
  return [
    sql`cast(${argument(({ from }: Asked) => from.kind)} as integer)`,
    sql`cast(${argument(({ from }: Asked) => from.number)} as ${real})`,
    sql`cast(${argument(({ from }: Asked) => from.text)} as text)`,
    sql`cast(${argument(({ from }: Asked) => from.chain)} as bigint)`,
    sql`cast(${argument(({ from }: Asked) => from.seq)} as integer)`,
  ];
}

function condition(dialect: SqlDialect, index: number, operator: FieldFilter["operator"]): RawBuilder<SqlBool> {
  const pick = <Value>(of: (filter: Asked["where"][number] | undefined) => Value) => argument(({ where }: Asked) => of(where[index]));
  const { json, kind, number, text } = dialect.field(payload, ({ where }: Asked) => where[index]?.field ?? "");
  const compare = sql.raw(operator === "!=" ? "<>" : operator);
  if (operator === "=" || operator === "!=") return sql<SqlBool>`${json} ${compare} cast(${pick((filter) => filter?.json)} as text)`;
  return sql<SqlBool>`${kind} = cast(${pick((filter) => filter?.key.kind)} as integer) and
    ((${kind} = 1 and ${number} ${compare} cast(${pick((filter) => filter?.key.number)} as ${dialect.real}))
      or (${kind} > 1 and ${text} ${compare} cast(${pick((filter) => filter?.key.text)} as text)))`;
}
