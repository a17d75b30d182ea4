import { createHash } from "node:crypto";
import { identifier, literal } from "./sql-names.ts";
import type { PlacedTable, TableDialect } from "./table-dialect.ts";
import { type ClassMapping, columnsOf, type FieldMapping, type TableMapping } from "./table-mapping.ts";

/** Where the rows of versions come from: `row` names the version, `from` gives it with its chain as `c`. */
export interface RowSource {
  readonly row: string;
  readonly from: string;
  readonly where: string;
}

/** Writes the definition of a table. */
export function createTable(dialect: TableDialect, { mapping, name }: PlacedTable): string {
  const columns = columnsOf(mapping).map((column) => {
    const isRequired = mapping.classes.every((each) => everHolds(each, column.field, ({ required }) => required));
    return `  ${identifier(column.name)} ${dialect.types[column.type]}${isRequired ? " not null" : ""}`;
  });
  const lines = [
    `  vid ${dialect.types.integer} primary key`,
    `  entity_type ${dialect.types.text} not null`,
    `  schema_version ${dialect.types.integer} not null`,
    ...columns,
    ...checks(dialect, mapping),
  ];
  return `create table ${dialect.relation(name)} (\n${lines.join(",\n")}\n)${dialect.tableEnd}`;
}

function everHolds(mapping: ClassMapping, field: string, rule: (field: FieldMapping) => boolean): boolean {
  const found = mapping.fields.find((each) => each.field === field);
  return found !== undefined && found.since === 1 && rule(found);
}

function checks(dialect: TableDialect, mapping: TableMapping): string[] {
  return columnsOf(mapping).flatMap(({ field, name, type }) => {
    const column = identifier(name);
    const alwaysThere = mapping.classes.every((each) => everHolds(each, field, ({ required }) => required));
    return mapping.classes.flatMap((each) => {
      const found = each.fields.find((own) => own.field === field);
      if (found === undefined) return [];
      const applies = `entity_type <> ${literal(each.type)} or schema_version < ${found.since} or `;
      const rules: string[] = [];
      if (found.required && !alwaysThere) rules.push(check(each, name, "is there", `${applies}${column} is not null`));
      if (found.values !== null && type === found.type) {
        const values = found.values.map((value) => dialect.constant(type, value)).join(", ");
        const isAlone = mapping.classes.length === 1 && found.since === 1;
        rules.push(check(each, name, "is one of", `${isAlone ? "" : applies}${column} in (${values})`));
      }
      return rules;
    });
  });
}

/** Names a rule so that the database's refusal tells what it is about. */
function check({ type }: ClassMapping, column: string, rule: string, condition: string): string {
  return `  constraint ${identifier(fitting(`${column} of ${type} ${rule}`))} check (${condition})`;
}

/** Shortens a name to what Postgres takes, with a hash of what was cut off. */
function fitting(name: string): string {
  if (Buffer.byteLength(name) <= 63) return name;
  return `${Buffer.from(name).subarray(0, 48).toString().replaceAll("\uFFFD", "")} ${hash(name)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** Writes the indexes of a table: one for each field that is marked so. */
export function createIndexes(dialect: TableDialect, { mapping, name }: PlacedTable): string[] {
  return columnsOf(mapping)
    .filter(({ indexed }) => indexed)
    .map((column) => {
      // The hash tells the index of `a_b` on `c` from that of `b_c` on `a`.
      const distinct = hash(JSON.stringify([mapping.table, column.name]));
      const index = identifier(fitting(`minference_${mapping.table}_${column.name}_${mapping.generation}_${distinct}`));
      const [before, after] = dialect.indexed(column);
      return `create index ${index} on ${dialect.relation(name)} (${before}${identifier(column.name)}${after})`;
    });
}

/** Writes what adds the rows of versions to a table, a statement for each class. */
export function insertRows(dialect: TableDialect, { mapping, name }: PlacedTable, source: RowSource): string[] {
  return mapping.classes.map((each) => {
    const { columns, values } = rowOf(dialect, mapping, each, source.row);
    return `insert into ${dialect.relation(name)} (${columns.join(", ")})\n${selectRows(dialect, each, source, values)}`;
  });
}

/** Writes what adds the row of one version that is at hand as `new`. */
export function insertRow(dialect: TableDialect, { mapping, name }: PlacedTable, each: ClassMapping): string {
  const { columns, values } = rowOf(dialect, mapping, each, "new");
  const where = saysWhatIsNeeded(each, "new").map((condition) => ` where ${condition}`);
  return `insert into ${dialect.relation(name)} (${columns.join(", ")}) select ${values.join(",\n  ")}${where.join("")}`;
}

/** Writes the rows that a class's versions have to have, with all columns of the table. */
export function expectedRows(dialect: TableDialect, mapping: TableMapping, each: ClassMapping, source: RowSource): string {
  const own = rowOf(dialect, mapping, each, source.row);
  const types = ["", "", "", ...columnsOf(mapping).map(({ type }) => dialect.types[type].replace(/ collate .*/, ""))];
  const values = columnNames(mapping).map((column, index) => own.values[own.columns.indexOf(column)] ?? `cast(null as ${types[index]})`);
  return selectRows(dialect, each, source, values);
}

/** All columns of a table, quoted. */
export function columnNames(mapping: TableMapping): string[] {
  return ["vid", "entity_type", "schema_version", ...columnsOf(mapping).map(({ name }) => identifier(name))];
}

function rowOf(dialect: TableDialect, mapping: TableMapping, each: ClassMapping, row: string): { columns: string[]; values: string[] } {
  const payload = `${row}.payload`;
  const own = columnsOf(mapping).flatMap(({ field, name, type }) => {
    const found = each.fields.find((candidate) => candidate.field === field);
    if (found === undefined) return [];
    const value = dialect.value(type, field, payload);
    if (found.missing === null) return [{ name, value }];
    const missing = `case when ${dialect.isMissing(field, payload)} then ${dialect.constant(type, found.missing)} else ${value} end`;
    return [{ name, value: missing }];
  });
  return {
    columns: ["vid", "entity_type", "schema_version", ...own.map(({ name }) => identifier(name))],
    values: [`${row}.vid`, literal(each.type), `${row}.schema_version`, ...own.map(({ value }) => value)],
  };
}

/** Leaves out payloads without any field where the class needs some: those of a redacted lineage, while it is imported. */
function saysWhatIsNeeded({ fields }: ClassMapping, row: string): string[] {
  const since = fields.filter(({ required, missing }) => required && missing === null).map((field) => field.since);
  if (since.length === 0) return [];
  return [`(cast(${row}.payload as text) <> '{}' or ${row}.schema_version < ${Math.min(...since)})`];
}

function selectRows(dialect: TableDialect, each: ClassMapping, { row, from, where }: RowSource, values: readonly string[]): string {
  const parsed = dialect.parsed(`${row}.payload`);
  const type = `c.type = ${literal(each.type)}`;
  return [
    `select ${values.join(",\n  ")}`,
    `from ${from}${parsed === "" ? "" : `\n  ${parsed}`}`,
    `where ${[where, type, "c.redacted is null", `${row}.payload is not null`, ...saysWhatIsNeeded(each, row)].join(" and ")}`,
  ].join("\n");
}

/** Writes what fills a table with the rows of versions above one id and up to another, the arguments of each statement. */
export function fillStatements(dialect: TableDialect, table: PlacedTable): string[] {
  const source: RowSource = {
    row: "v",
    from: `${dialect.relation("version")} as v ${dialect.joinEach("chain", "c", "c.id = v.chain")}`,
    where: `v.vid > ${dialect.parameter(1)} and v.vid <= ${dialect.parameter(2)}`,
  };
  return insertRows(dialect, table, source).map((statement) => `${statement}\non conflict (vid) do nothing`);
}
