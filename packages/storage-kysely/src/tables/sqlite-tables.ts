import type { JsonValue } from "@minference/ecs";
import { identifier, literal } from "./sql-names.ts";
import type { PlacedTable, TableDialect } from "./table-dialect.ts";
import { insertRow } from "./table-sql.ts";
import type { ColumnType } from "./table-mapping.ts";

/** Typed tables in SQLite: booleans are 0 and 1, moments ISO 8601 texts in UTC, bigints without a limit texts, nested values JSON. */
export const sqliteTables: TableDialect = {
  types: {
    text: "text",
    integer: "integer",
    int64: "integer",
    bigint: "text",
    real: "real",
    boolean: "integer",
    instant: "text",
    json: "text",
  },
  tableEnd: " strict",
  relation: identifier,
  joinEach: (name, alias, condition) => `cross join ${identifier(name)} as ${alias} on ${condition}`,
  parameter: () => "?",
  parsed: () => "",
  value,
  isMissing: (field, payload) => `${look(field, payload).kind} is null`,
  constant,
  uuid(column) {
    const hex = `lower(hex(${column}))`;
    const parts = [
      [1, 8],
      [9, 4],
      [13, 4],
      [17, 4],
      [21, 12],
    ].map(([start, length]) => `substr(${hex}, ${start}, ${length})`);
    return parts.join(" || '-' || ");
  },
  instant: (column) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`,
  indexed: () => ["", ""],
  members: {
    position: "m.key",
    slot: "m.value ->> 0",
    child: "m.value ->> 1",
    from: (line, covering) => `cross join json_each((${line}
  select json_group_array(json_array(slot, child_vid)) from (
    select slot, child_vid from (select e.slot, e.child_vid, min(line.depth) from ${covering} group by e.slot)
    where child_vid is not null order by slot
  ))) as m`,
  },
  createTriggers,
  dependents,
  beforeChange: [],
  dropTriggers: [
    ...["added", "changed", "removed"].map((event) => `drop trigger if exists typed_rows_${event}`),
    "drop view if exists typed_row",
  ],
};

/** Ways to look at a field of a payload, as SQL. */
interface Looks {
  /** The kind of its JSON; null where it is missing. */
  readonly kind: string;
  /** Its text, number or boolean. */
  readonly plain: string;
  /** Its JSON. */
  readonly json: string;
  /** The text of something inside it. */
  readonly inner: (key: string) => string;
  readonly innerJson: (key: string) => string;
  readonly innerKind: (key: string) => string;
}

function path(...keys: readonly string[]): string {
  return literal(`$${keys.map((key) => `.${JSON.stringify(key)}`).join("")}`);
}

function look(field: string, payload: string): Looks {
  if (JSON.stringify(field) === `"${field}"`) {
    return {
      kind: `json_type(${payload}, ${path(field)})`,
      plain: `${payload} ->> ${path(field)}`,
      json: `${payload} -> ${path(field)}`,
      inner: (key) => `${payload} ->> ${path(field, key)}`,
      innerJson: (key) => `${payload} -> ${path(field, key)}`,
      innerKind: (key) => `json_type(${payload}, ${path(field, key)})`,
    };
  }
  // Paths to keys that JSON escapes are read otherwise by each release of SQLite.
  const found = (what: string): string => `(select ${what} from json_each(${payload}) where key = ${literal(field)})`;
  return {
    kind: found("type"),
    plain: found("value"),
    json: found("case when type in ('array', 'object') then value when type in ('true', 'false') then type else json_quote(value) end"),
    inner: (key) => found(`value ->> ${path(key)}`),
    innerJson: (key) => found(`value -> ${path(key)}`),
    innerKind: (key) => found(`json_type(value, ${path(key)})`),
  };
}

function value(type: ColumnType, field: string, payload: string): string {
  const { kind, plain, json, inner, innerJson, innerKind } = look(field, payload);
  const tag = inner("$type");
  const tagged = inner("value");
  switch (type) {
    case "text":
      return `case ${kind} when 'text' then ${plain} end`;
    case "integer":
      // Digits that no integer can hold are read as a real number.
      return `case ${kind} when 'integer' then case typeof(${plain}) when 'integer' then ${plain} end when 'object' then case when ${tag} = 'number' and ${tagged} = '-0' then 0 end end`;
    case "real":
      return `case when ${kind} in ('integer', 'real') then cast(${plain} as real) when ${kind} = 'object' then case when ${tag} = 'number' then case ${tagged} when '-0' then -0.0 when 'Infinity' then 9e999 when '-Infinity' then -9e999 end end end`;
    case "boolean":
      return `case ${kind} when 'true' then 1 when 'false' then 0 end`;
    case "instant":
      return `case when ${kind} = 'object' then case when ${tag} = 'date' and ${innerKind("value")} = 'text' then ${tagged} end end`;
    case "int64":
      return `case when ${kind} = 'object' then case when ${tag} = 'bigint' and cast(cast(${tagged} as integer) as text) = ${tagged} then cast(${tagged} as integer) end end`;
    case "bigint":
      return `case when ${kind} = 'object' then case when ${tag} = 'bigint' and ${innerKind("value")} = 'text' then ${tagged} end end`;
    case "json":
      return `case ${kind} when 'null' then null when 'object' then case ${tag} when 'set' then ${innerJson("items")} when 'map' then ${innerJson("entries")} when 'object' then ${innerJson("value")} when 'undefined' then null else ${json} end else ${json} end`;
  }
}

function constant(type: ColumnType, json: JsonValue): string {
  if (type === "json") return literal(JSON.stringify(json));
  if (typeof json === "boolean") return json ? "1" : "0";
  if (typeof json === "number") return type === "real" ? `cast(${json} as real)` : String(json);
  const text = typeof json === "string" ? json : JSON.stringify(json);
  return type === "int64" ? text : literal(text);
}

function body(statements: readonly string[]): string {
  return `begin\n${statements.join(";\n")};\nend`;
}

/**
 * A payload goes through the view `typed_row`, which has a trigger for each class: so its type is looked up once, however many classes
 * have tables.
 */
function createTriggers(tables: readonly PlacedTable[]): string[] {
  if (tables.length === 0) return [];
  const pass = `insert into typed_row (vid, type, schema_version, payload)
select new.vid, c.type, new.schema_version, new.payload from "chain" as c where c.id = new.chain and c.redacted is null and new.payload is not null`;
  // A table may be called as the row is; in a query of its own the row is meant.
  const remove = (row: string): string[] => tables.map(({ name }) => `delete from ${identifier(name)} where vid = (select ${row}.vid)`);
  const classes = tables.flatMap((table) => table.mapping.classes.map((mapping) => ({ table, mapping })));
  return [
    "create view typed_row (vid, type, schema_version, payload) as select null, null, null, null",
    ...classes.map(
      ({ table, mapping }, index) =>
        `create trigger typed_row_${index} instead of insert on typed_row when new.type = ${literal(mapping.type)} ${body([insertRow(sqliteTables, table, mapping)])}`,
    ),
    `create trigger typed_rows_added after insert on "version" when new.payload is not null ${body([pass])}`,
    `create trigger typed_rows_changed after update of payload on "version" ${body([...remove("new"), pass])}`,
    `create trigger typed_rows_removed after delete on "version" ${body(remove("old"))}`,
  ];
}

/** Views that name them where a table stands: SQLite notes only the text of a view. */
function dependents(relations: readonly string[]): string {
  const punctuation = ['"', "`", "[", "]", "(", ")", ";", "\n", "\r", "\t"];
  const words = punctuation.reduce((text, mark) => `replace(${text}, ${literal(mark)}, ' ')`, "lower(sql)");
  const text = `replace(replace(replace(${words}, ',', ' , '), 'main.', ' '), '.', ' . ')`;
  const tight = ["  ", "  ", "  ", "  ", "  ", "  "].reduce((spaced, two) => `replace(${spaced}, '${two}', ' ')`, text);
  const named = relations.flatMap((name) =>
    ["from", "join", ","].map((before) => `instr(plain, ${literal(` ${before} ${name.toLowerCase()} `)}) > 0`),
  );
  const own = relations.map(literal).join(", ");
  return `select name from (select name, ${tight} || ' ' as plain from sqlite_schema where type = 'view' and name not in (${own}))
    where ${named.join(" or ")} order by name`;
}
