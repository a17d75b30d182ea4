import { fieldsOf, type FieldName, type TableMapping, type WantedTable } from "./table-mapping.ts";
import { SqlNames } from "./sql-names.ts";

/** What the store's own tables, views and sequences are called, and what the databases keep with these under the same kind of name. */
const ownRelations = [
  "chain",
  "version",
  "edge",
  "commit",
  "tag",
  "readable_version",
  "row_id",
  "typed_row",
  "typed_table",
  "chain_pkey",
  "chain_lineage",
  "chain_type",
  "chain_fork_point",
  "commit_pkey",
  "commit_uuid_key",
  "commit_idempotency_key",
  "version_pkey",
  "version_ecs_id_key",
  "version_position",
  "version_payload",
  "version_merge_parent",
  "edge_range",
  "edge_child",
  "edge_open",
  "edge_ended",
  "tag_pkey",
  "tag_version",
  "typed_table_pkey",
];
/** What statements about typed tables call something else by. */
const usedWords = ["new", "old", "added", "removed", "bounds", "expected", "actual", "json_each"];
/** The columns that every typed table or view has, and those that Postgres has in each of its own. */
const ownColumns = [
  "vid",
  "entity_type",
  "schema_version",
  "ecs_id",
  "lineage_id",
  "parent_vid",
  "chain",
  "seq",
  "created_at",
  "tableoid",
  "ctid",
  "xmin",
  "xmax",
  "cmin",
  "cmax",
];

/** Gives a table and its columns names; what has one already keeps it. */
export function nameTable(wanted: WantedTable, stored: TableMapping | null, others: readonly TableMapping[]): TableMapping {
  const mapped = others.filter(({ family }) => family !== wanted.family);
  const own = stored === null ? [] : relationsOf(stored);
  const relations = new SqlNames([...ownRelations, ...usedWords, ...mapped.flatMap(relationsOf), ...own]);
  const columns = new SqlNames([...ownColumns, ...[...(stored?.columns ?? []), ...(stored?.references ?? [])].map(({ name }) => name)]);
  const { family, kind, classes } = wanted;
  const table = stored?.table ?? relations.take(family);
  return {
    format: 1,
    family,
    kind,
    classes,
    table,
    generation: (stored?.generation ?? 0) + 1,
    columns: keep(
      stored?.columns,
      fieldsOf(classes).map(({ field }) => field),
      (field) => columns.take(field),
    ),
    references: keep(
      stored?.references,
      classes.flatMap(({ references }) => references),
      (field) => columns.take(field, "_vid"),
    ),
    latest: stored?.latest ?? relations.take(family, "_latest"),
    versions: stored?.versions ?? relations.take(family, "_versions"),
    members: keep(
      stored?.members,
      classes.flatMap(({ members }) => members),
      (field) => relations.take(`${family}_${field}`),
    ),
  };
}

function keep(names: readonly FieldName[] | undefined, fields: Iterable<string>, name: (field: string) => string): FieldName[] {
  const known = new Map(names?.map((each) => [each.field, each]));
  return Array.from(new Set(fields), (field) => known.get(field) ?? { field, name: name(field) });
}

function relationsOf({ table, latest, versions, members }: TableMapping): string[] {
  return [table, latest, versions, ...members.map(({ name }) => name)];
}
