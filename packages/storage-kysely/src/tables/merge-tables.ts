import type { ClassMapping, FieldMapping, WantedTable } from "./table-mapping.ts";

/**
 * Works out what a table has to be for the classes that want it now and for the rows that it has of old ones.
 *
 * @param types - the entity names of which there are rows; without any nothing holds new constraints back
 */
export function mergeTable(stored: WantedTable, wanted: WantedTable, types: ReadonlySet<string>): WantedTable {
  if (stored.kind === "table" && wanted.kind === "indexes") {
    const joining = (wanted.joining ?? []).filter((each) => !stored.classes.some(({ type }) => type === each.type));
    const classes = [...stored.classes, ...joining.map((each) => (types.has(each.type) ? ofAnyLength(each) : each))];
    return withIndexes({ family: stored.family, kind: stored.kind, classes }, wanted);
  }
  if (stored.kind === "indexes" && wanted.kind === "table") return { ...withIndexes(wanted, stored), family: stored.family };
  const classes = new Map(stored.classes.map((each) => [each.type, each]));
  const hasRows = [...stored.classes, ...wanted.classes].some(({ type }) => types.has(type));
  for (const each of wanted.classes) {
    const known = classes.get(each.type) ?? (types.has(each.type) ? ofAnyLength(each) : each);
    classes.set(each.type, hasRows ? mergeClass(known, each) : each);
  }
  return {
    family: stored.family,
    kind: stored.kind,
    classes: [...classes.values()],
  };
}

/** A class of which there are rows that nobody has looked at: their texts may be longer than it says. */
export function ofAnyLength(mapping: ClassMapping): ClassMapping {
  return { ...mapping, fields: mapping.fields.map((field) => ({ ...field, short: false })) };
}

/** A table that also has the indexes of another, of the classes that both have. */
function withIndexes(table: WantedTable, indexes: WantedTable): WantedTable {
  const asked = new Map(
    indexes.classes.map(({ type, fields }) => [type, new Set(fields.filter(({ indexed }) => indexed).map(({ field }) => field))]),
  );
  const classes = table.classes.map((each) => ({
    ...each,
    fields: each.fields.map((field) => (asked.get(each.type)?.has(field.field) === true ? { ...field, indexed: true } : field)),
  }));
  return { ...table, classes };
}

function mergeClass(stored: ClassMapping, wanted: ClassMapping): ClassMapping {
  const known = new Map(stored.fields.map((field) => [field.field, field]));
  const isNewer = wanted.schemaVersion > stored.schemaVersion;
  const merged = {
    type: stored.type,
    schemaVersion: Math.max(stored.schemaVersion, wanted.schemaVersion),
    fields: wanted.fields.map((field) => mergeField(known.get(field.field), field, isNewer)),
    references: wanted.references,
    members: wanted.members,
  };
  return wanted.schemaVersion < stored.schemaVersion ? withNewer(stored, merged, wanted.schemaVersion) : merged;
}

/** What an older release wants, with all that a newer one has; what was changed since stays as the newer one has it. */
function withNewer(stored: ClassMapping, merged: ClassMapping, schemaVersion: number): ClassMapping {
  const older = new Map(merged.fields.map((field) => [field.field, field]));
  const kept = stored.fields.map((newer) => {
    const field = older.get(newer.field);
    older.delete(newer.field);
    const indexed = newer.indexed || field?.indexed === true;
    if (newer.since > schemaVersion) return { ...newer, indexed };
    return field === undefined
      ? { ...newer, required: newer.required && newer.missing !== null }
      : { ...field, missing: newer.missing, indexed };
  });
  return {
    ...merged,
    fields: [...kept, ...older.values()],
    references: [...new Set([...stored.references, ...merged.references])],
    members: [...new Set([...stored.members, ...merged.members])],
  };
}

/**
 * Rows of the same schema version may hold what a field admitted before, so that its constraints are only loosened. Those of a newer one hold for
 * its own rows. Texts are short where they were before, too.
 */
function mergeField(stored: FieldMapping | undefined, wanted: FieldMapping, isNewer: boolean): FieldMapping {
  const field = { ...wanted, short: stored?.short === true && wanted.short };
  if (isNewer) {
    const isStricter = stored === undefined || stored.type !== wanted.type || !admits(wanted, stored) || losesDefault(stored, wanted);
    return isStricter ? field : { ...field, since: stored.since };
  }
  if (stored === undefined) return wanted.missing === null ? { ...field, required: false } : field;
  if (stored.type !== wanted.type) return { ...field, required: false, values: null, since: stored.since };
  const values = stored.values === null || wanted.values === null ? null : [...new Set([...stored.values, ...wanted.values])];
  return { ...field, required: stored.required && wanted.required && !losesDefault(stored, wanted), values, since: stored.since };
}

/** Tells whether rows may lack a value that a default stood for and nothing stands for now. */
function losesDefault(stored: FieldMapping, wanted: FieldMapping): boolean {
  return stored.missing !== null && wanted.missing === null;
}

/** Tells whether every value that one field may have is one that another may have. */
function admits(field: FieldMapping, other: FieldMapping): boolean {
  return (
    (!field.required || other.required) &&
    (field.values === null || (other.values?.every((value) => field.values?.includes(value)) ?? false))
  );
}

/**
 * Lists, for people, what a table lacks that classes write or ask for; nothing where it takes their rows. It may have more: what newer or other
 * programs want.
 */
export function lacking(stored: WantedTable, wanted: WantedTable): string[] {
  const lacks: string[] = [];
  if (wanted.kind === "table" && stored.kind === "indexes") lacks.push(`${wanted.family} has only indexes`);
  for (const each of wanted.classes) {
    const known = stored.classes.find(({ type }) => type === each.type);
    if (known === undefined) lacks.push(`${each.type} is not in it`);
    else lacks.push(...classLacks(known, each, wanted.kind === "table"));
  }
  return lacks;
}

function classLacks(stored: ClassMapping, wanted: ClassMapping, isTable: boolean): string[] {
  const lacks: string[] = [];
  const report = (field: string, what: string): void => void lacks.push(`${wanted.type}.${field} ${what}`);
  const known = new Map(stored.fields.map((field) => [field.field, field]));
  for (const field of wanted.fields) {
    const column = known.get(field.field);
    known.delete(field.field);
    if (column === undefined) report(field.field, "is missing");
    else {
      const held = column.since <= wanted.schemaVersion;
      // A column that a newer release gave another type holds of an older one's values those that fit.
      if (held && column.type !== field.type) report(field.field, `is ${column.type} there, not ${field.type}`);
      else if (held && isTable && !admits(column, field)) report(field.field, describeStricter(column, field));
      if (field.indexed && !column.indexed) report(field.field, "has no index");
    }
  }
  if (!isTable) return lacks;
  for (const { field, required, missing, since } of known.values()) {
    if (required && missing === null && since <= wanted.schemaVersion) report(field, "is required there, and the class has no such field");
  }
  for (const field of [...wanted.references, ...wanted.members]) {
    if (![...stored.references, ...stored.members].includes(field)) report(field, "is missing");
  }
  return lacks;
}

function describeStricter(column: FieldMapping, field: FieldMapping): string {
  if (column.required && !field.required) return "may not be null there";
  const refused = field.values?.filter((value) => column.values?.includes(value) === false) ?? [];
  return refused.length > 0 ? `may not be ${refused.map((value) => JSON.stringify(value)).join(", ")} there` : "admits fewer values there";
}
