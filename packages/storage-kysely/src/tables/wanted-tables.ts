import { type AnyEntityClass, type EntityDefinition, StorageError } from "@minference/ecs";
import { mapField } from "./field-shape.ts";
import type { ClassMapping, FieldMapping, WantedTable } from "./table-mapping.ts";

/** Classes whose payloads are to be found by SQL. */
export interface TableClasses {
  /** Classes that get a table of their own; those that extend a common one share it. */
  readonly tables?: readonly AnyEntityClass[];
  /** Classes that only get an index for each field marked `indexed`. */
  readonly indexes?: readonly AnyEntityClass[];
}

/**
 * Works out the tables that classes want, a family each.
 *
 * @throws {StorageError} `invalid` where two classes have one name, or a name holds NUL
 */
export function wantedTables({ tables = [], indexes = [] }: TableClasses): WantedTable[] {
  const definitions = new Map<string, EntityDefinition>();
  const families = new Map<string, { kind: WantedTable["kind"]; classes: Map<string, ClassMapping> }>();
  for (const { definition, kind } of [...tables.map(wanting("table")), ...indexes.map(wanting("indexes"))]) {
    const known = definitions.get(definition.name);
    if (known !== undefined && known !== definition) {
      throw new StorageError("invalid", `Two classes are called ${JSON.stringify(definition.name)}: a table can be that of one`);
    }
    definitions.set(definition.name, definition);
    const root = rootOf(definition);
    const family = families.get(root) ?? { kind: "indexes", classes: new Map<string, ClassMapping>() };
    if (kind === "table") family.kind = "table";
    family.classes.set(definition.name, mapClass(definition));
    families.set(root, family);
  }
  return Array.from(families, ([family, { kind, classes }]) => {
    const sorted = [...classes.values()].toSorted((a, b) => a.fields.length - b.fields.length || (a.type < b.type ? -1 : 1));
    if (kind === "table") return { family, kind, classes: sorted };
    const joining = sorted.map((each) => Object.assign(each, { fields: each.fields.map(unconstrained) }));
    return { family, kind, classes: joining.map(indexesAlone), joining };
  }).filter(({ kind, classes }) => kind === "table" || classes.some(({ fields }) => fields.length > 0));
}

function wanting(kind: WantedTable["kind"]) {
  return ({ definition }: AnyEntityClass): { readonly definition: EntityDefinition; readonly kind: WantedTable["kind"] } => ({
    definition,
    kind,
  });
}

function rootOf(definition: EntityDefinition): string {
  return definition.base === null ? definition.name : rootOf(definition.base);
}

function mapClass({ name, schemaVersion, fields }: EntityDefinition): ClassMapping {
  const odd = [name, ...fields.map((field) => field.name)].find((text) => text.includes("\u0000") || !text.isWellFormed());
  if (odd !== undefined) throw new StorageError("invalid", `${JSON.stringify(odd)} can't be the name of a table or column`);
  return {
    type: name,
    schemaVersion,
    fields: fields
      .filter(({ kind, holdsEntities }) => !holdsEntities || kind === "composite")
      .map((field) => mapField(field, schemaVersion)),
    references: fields.filter(({ kind }) => kind === "ref").map((field) => field.name),
    members: fields.filter(({ kind, holdsEntities }) => holdsEntities && kind !== "ref").map((field) => field.name),
  };
}

/** Constraints are left to those who want a table. */
function unconstrained(field: FieldMapping): FieldMapping {
  return { ...field, required: false, values: null };
}

/** What of a class is kept where only its indexes are wanted. */
function indexesAlone(mapping: ClassMapping): ClassMapping {
  return { ...mapping, fields: mapping.fields.filter(({ indexed }) => indexed), references: [], members: [] };
}
