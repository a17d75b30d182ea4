import { type RawBuilder, sql } from "kysely";
import type { ColumnKind, ColumnKinds } from "../query/dialect.ts";

/** The types that values are handed over as. */
export const sqlTypes: Readonly<Record<ColumnKind, string>> = {
  id: "bigint",
  integer: "integer",
  text: "text",
  uuid: "uuid",
  json: "json",
  instant: "bigint",
};

/** What the rows are made of besides themselves. */
interface RowSource {
  /** Tables that are joined to them. */
  readonly joined: RawBuilder<unknown>;
  /** Makes an id of a given one. */
  id(given: RawBuilder<unknown>): RawBuilder<unknown>;
}

const asGiven: RowSource = { joined: sql``, id: (given) => given };

/** Selects rows that are handed over. The kind of each column stands for its values, so that they are written as its array: see `valuesOf`. */
export function givenRows(columns: ColumnKinds, order: readonly string[], source: RowSource = asGiven): RawBuilder<unknown> {
  // JSON comes as one text, since as an array of texts it would be escaped and unescaped on the way.
  const arrays = Object.values(columns).map((kind) =>
    kind === "json" ? sql`json_array_elements(${kind}::json)` : sql`unnest(${kind}::${sql.raw(sqlTypes[kind])}[])`,
  );
  const names = Object.keys(columns).map((name) => sql.ref(name));
  const values = Object.entries(columns).map(([name, kind]) => sql`${stored(sql.ref(name), kind, source)} as ${sql.ref(name)}`);
  const sorted = order.length === 0 ? sql`` : sql` order by ${sql.join(order.map((name) => sql.ref(name)))}`;
  return sql`select ${sql.join(values)} from rows from (${sql.join(arrays)}) as given(${sql.join(names)})${source.joined}${sorted}`;
}

/** A column of given rows as it is stored. */
function stored(given: RawBuilder<unknown>, kind: ColumnKind, source: RowSource): RawBuilder<unknown> {
  if (kind === "id") return source.id(given);
  if (kind === "instant") return sql`timestamptz 'epoch' + ${given} * interval '1 millisecond'`;
  return kind === "json" ? sql`case when json_typeof(${given}) <> 'null' then ${given} end` : given;
}
