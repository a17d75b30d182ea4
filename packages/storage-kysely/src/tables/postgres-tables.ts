import type { JsonValue } from "@minference/ecs";
import { identifier, literal } from "./sql-names.ts";
import type { PlacedTable, TableDialect } from "./table-dialect.ts";
import { insertRows, type RowSource } from "./table-sql.ts";
import { type ColumnType, mostDigits } from "./table-mapping.ts";

const types: TableDialect["types"] = {
  text: `text collate "C"`,
  integer: "bigint",
  int64: "bigint",
  bigint: "numeric",
  real: "double precision",
  boolean: "boolean",
  instant: "timestamptz(3)",
  json: "jsonb",
};

/** Characters of a text, or of the digits of a bigint, that an index holds, where they may be more than an index takes. */
const indexedCharacters = 256;

/** Typed tables in Postgres, in a schema. Text is compared by code point, as everywhere in the store. */
export function postgresTables(schema: string): TableDialect {
  const relation = (name: string): string => `${identifier(schema)}.${identifier(name)}`;
  const dialect: TableDialect = {
    types,
    tableEnd: "",
    relation,
    joinEach: (name, alias, condition) =>
      `cross join lateral (select * from ${relation(name)} as ${alias} where ${condition} offset 0) as ${alias}`,
    parameter: (place) => `$${place}`,
    parsed: (payload) => `cross join lateral (select ${readable(payload)} as p offset 0) as d`,
    value: (type, field) => value(type, field),
    isMissing: (field) => `(d.p -> ${literal(field)}) is null`,
    constant,
    uuid: (column) => `${column}::text`,
    instant: (column) => column,
    indexed({ type, short }) {
      if (type === "bigint") return ["left((", `)::text, ${indexedCharacters})`];
      return type === "text" && !short ? ["left(", `, ${indexedCharacters})`] : ["", ""];
    },
    members: {
      position: "m.position",
      slot: "m.slot",
      child: "m.child_vid",
      from: (line, covering) => `cross join lateral (${line}
  select row_number() over (order by slot) - 1 as position, slot, child_vid from (
    select distinct on (e.slot) e.slot, e.child_vid from ${covering} order by e.slot, line.depth
  ) as held where child_vid is not null) as m`,
    },
    createTriggers: (tables) => createTriggers(dialect, tables),
    dependents: (relations) => dependents(schema, relations),
    beforeChange: ["set local lock_timeout = '300ms'"],
    // Dropping them would wait for everybody who reads versions, and let nobody else read meanwhile.
    dropTriggers: [],
  };
  return dialect;
}

/** When the triggers run. Rows are added and removed a statement at a time; they seldom change. */
const events = {
  added: (version: string) => `after insert on ${version} referencing new table as added for each statement`,
  changed: (version: string) => `after update of payload on ${version} for each row`,
  removed: (version: string) => `after delete on ${version} referencing old table as removed for each statement`,
  emptied: (version: string) => `after truncate on ${version} for each statement`,
} as const;

/** Reads a payload as jsonb, which takes neither NUL nor halves of surrogate pairs: each becomes U+FFFD. */
function readable(payload: string): string {
  const hidden = `replace(${payload}::text, '\\\\', chr(1))`;
  const mended = `replace(regexp_replace(${hidden}, '\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\\\ufffd', 'g'), chr(1), '\\\\')`;
  return `(case when strpos(${payload}::text, '\\u') = 0 then ${payload}::text else ${mended} end)::jsonb`;
}

/** Matches moments of the years 1 to 289999, which Postgres reads; every other text would be refused. */
const instants = (() => {
  const leap = "(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29";
  const days = "\\d{4}-((0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)";
  return `^(?!0000)(\\+(0[1-9]|1\\d|2[0-8]))?(${leap}|${days})T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{3}Z$`;
})();

function value(type: ColumnType, field: string): string {
  const json = `(d.p -> ${literal(field)})`;
  const tag = `${json} ->> '$type'`;
  const tagged = `(${json} ->> 'value')`;
  const number = `jsonb_typeof(${json}) = 'number'`;
  switch (type) {
    case "text":
      return `case when jsonb_typeof(${json}) = 'string' then d.p ->> ${literal(field)} end collate "C"`;
    case "integer":
      return `case when ${number} then case when abs(${json}::numeric) < 9223372036854775807 and trunc(${json}::numeric) = ${json}::numeric then ${json}::bigint end when ${tag} = 'number' and ${tagged} = '-0' then 0 end`;
    case "real":
      return `case when ${number} then ${json}::double precision when ${tag} = 'number' then case when ${tagged} in ('-0', 'NaN', 'Infinity', '-Infinity') then ${tagged}::double precision end end`;
    case "boolean":
      return `case when jsonb_typeof(${json}) = 'boolean' then ${json}::boolean end`;
    case "instant":
      return `case when ${tag} = 'date' then case when ${tagged} ~ '${instants}' then ltrim(${tagged}, '+')::timestamptz when ${tagged} ~ '^(-|0000)' then timestamptz '-infinity' end end`;
    case "int64":
      return `case when ${tag} = 'bigint' then case when ${tagged} ~ '^-?[0-9]{1,19}$' then case when abs(${tagged}::numeric) < 9223372036854775808 or ${tagged} = '-9223372036854775808' then ${tagged}::bigint end end end`;
    case "bigint":
      return `case when ${tag} = 'bigint' then case when ${tagged} ~ '^-?[0-9]+$' and length(${tagged}) <= ${mostDigits} then ${tagged}::numeric end end`;
    case "json":
      return `case ${tag} when 'set' then ${json} -> 'items' when 'map' then ${json} -> 'entries' when 'object' then ${json} -> 'value' when 'undefined' then null else nullif(${json}, 'null') end`;
  }
}

function constant(type: ColumnType, json: JsonValue): string {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  switch (type) {
    case "json":
      return `${literal(JSON.stringify(json))}::jsonb`;
    case "boolean":
      return text;
    case "text":
      return `${literal(text)} collate "C"`;
    default:
      return `${literal(text)}::${types[type]}`;
  }
}

function createTriggers(dialect: TableDialect, tables: readonly PlacedTable[]): string[] {
  const { relation } = dialect;
  const version = relation("version");
  if (tables.length === 0) return Object.keys(events).map((event) => `drop trigger if exists typed_rows_${event} on ${version}`);
  const chains = dialect.joinEach("chain", "c", "c.id = v.chain");
  const added: RowSource = { row: "v", from: `added as v ${chains}`, where: "true" };
  const changed: RowSource = { row: "v", from: `${relation("version")} as v ${chains}`, where: "v.vid = new.vid" };
  const bodies = {
    added: `declare types text[];
begin
  select array_agg(distinct c.type) into types from ${added.from} where v.payload is not null;
  ${tables
    .flatMap((table) =>
      insertRows(dialect, table, added).map(
        (insert, index) => `if ${literal(table.mapping.classes[index]?.type ?? "")} = any(types) then\n${insert};\nend if;`,
      ),
    )
    .join("\n")}
  return null;
end`,
    changed: `declare changed_type text;
begin
  select c.type into changed_type from ${relation("chain")} as c where c.id = new.chain;
  ${tables
    .flatMap((table) =>
      insertRows(dialect, table, changed).map(
        (insert, index) => `if changed_type = ${literal(table.mapping.classes[index]?.type ?? "")} then
delete from ${relation(table.name)} as t where t.vid = new.vid;
${insert};
end if;`,
      ),
    )
    .join("\n")}
  return null;
end`,
    removed: `begin
  ${tables.map(({ name }) => `delete from ${relation(name)} as t where t.vid = any(array(select removed.vid from removed));`).join("\n  ")}
  return null;
end`,
    emptied: `begin
  truncate ${tables.map(({ name }) => relation(name)).join(", ")};
  return null;
end`,
  };
  return Object.entries(bodies).flatMap(([event, body]) => {
    const name = `typed_rows_${event}`;
    const when = Object.entries(events).find(([key]) => key === event)?.[1](version) ?? "";
    const isThere = `select from pg_trigger where tgname = ${literal(name)} and tgrelid = ${literal(version)}::regclass`;
    const trigger = `create trigger ${name} ${when} execute function ${relation(name)}()`;
    return [
      `create or replace function ${relation(name)}() returns trigger language plpgsql as ${literal(`\n${body}\n`)}`,
      // Making it waits for everybody who writes or cleans up versions; calling another function does not.
      `do ${literal(`begin\n  if not exists (${isThere}) then\n    ${trigger};\n  end if;\nend`)}`,
    ];
  });
}

/** Views, and tables whose foreign keys refer to them. */
function dependents(schema: string, relations: readonly string[]): string {
  return `with own as (
    select c.oid from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = ${literal(schema)} and c.relname in (${relations.map(literal).join(", ")})
  )
  select u.oid::regclass::text as name from pg_class as u where u.oid not in (select oid from own) and (
    u.oid in (select r.ev_class from pg_depend as d join pg_rewrite as r on r.oid = d.objid
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid in (select oid from own))
    or u.oid in (select f.conrelid from pg_constraint as f where f.contype = 'f' and f.confrelid in (select oid from own))
  ) order by 1`;
}
