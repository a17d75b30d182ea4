import { identifier, literal } from "./sql-names.ts";
import type { TableDialect } from "./table-dialect.ts";
import { columnsOf, type TableMapping } from "./table-mapping.ts";

/** The views of a table; one that only has indexes has none. */
export function viewsOf({ kind, versions, latest, members }: TableMapping): string[] {
  return kind === "table" ? [versions, latest, ...members.map(({ name }) => name)] : [];
}

/** Writes the views of a table: all versions, the last of each branch, and the members of each field that holds many entities. */
export function createViews(dialect: TableDialect, mapping: TableMapping): string[] {
  if (mapping.kind !== "table") return [];
  const versions = versionsQuery(dialect, mapping);
  const isLast = `v.seq = (select max(l.seq) from ${dialect.relation("version")} as l where l.chain = c.id)`;
  return [
    `create view ${dialect.relation(mapping.versions)} as\n${versions}`,
    `create view ${dialect.relation(mapping.latest)} as\n${versions} and ${isLast}`,
    ...mapping.members.map(({ field, name }) => `create view ${dialect.relation(name)} as\n${membersQuery(dialect, mapping, field)}`),
  ];
}

function versionsQuery(dialect: TableDialect, mapping: TableMapping): string {
  const columns = [
    "v.vid",
    `${dialect.uuid("v.ecs_id")} as ecs_id`,
    `${dialect.uuid("c.lineage_id")} as lineage_id`,
    "t.entity_type",
    "v.schema_version",
    "v.parent_vid",
    "v.chain",
    "v.seq",
    `${dialect.instant("k.created_at")} as created_at`,
    ...columnsOf(mapping).map(({ name }) => `t.${identifier(name)}`),
    ...mapping.references.map(({ field, name }) => `(${referenceQuery(dialect, field)}) as ${identifier(name)}`),
  ];
  return [
    `select ${columns.join(",\n  ")}`,
    `from ${dialect.relation("chain")} as c`,
    `  join ${dialect.relation("version")} as v on v.chain = c.id`,
    `  join ${dialect.relation("commit")} as k on k.id = v.commit_id`,
    `  join ${dialect.relation(mapping.table)} as t on t.vid = coalesce(v.payload_of, v.vid)`,
    `where c.type in (${typesOf(mapping)})`,
  ].join("\n");
}

function typesOf({ classes }: TableMapping): string {
  return classes.map(({ type }) => literal(type)).join(", ");
}

/** The line of chains that a version stands on, its own first, each with the last position of it that counts. */
function line(dialect: TableDialect): string {
  return `with recursive line(chain, seq, depth) as (
    select v.chain, v.seq, 0
    union all
    select p.parent_chain, p.fork_seq, line.depth + 1
    from line ${dialect.joinEach("chain", "p", "p.id = line.chain and p.parent_chain is not null")}
  )`;
}

/** What a field holds on the line: the nearest chain that says something of a slot is right. */
function covering(dialect: TableDialect, field: string, slot: string | null = null): string {
  const isHeld = `e.chain = line.chain and e.field = ${literal(field)}
    and e.from_seq <= line.seq and (e.to_seq is null or e.to_seq >= line.seq)`;
  return `line ${dialect.joinEach("edge", "e", slot === null ? isHeld : `${isHeld} and e.slot = ${literal(slot)}`)}`;
}

function referenceQuery(dialect: TableDialect, field: string): string {
  return `${line(dialect)}
  select e.child_vid from ${covering(dialect, field, "")} order by line.depth limit 1`;
}

function membersQuery(dialect: TableDialect, mapping: TableMapping, field: string): string {
  const { position, slot, child, from } = dialect.members;
  return [
    `select v.vid, ${position} as position, ${slot} as slot, ${child} as child_vid`,
    `from ${dialect.relation("chain")} as c join ${dialect.relation("version")} as v on v.chain = c.id`,
    `  ${from(line(dialect), covering(dialect, field))}`,
    `where c.type in (${typesOf(mapping)})`,
  ].join("\n");
}
