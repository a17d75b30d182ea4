import type { StoredTable } from "./table-catalog.ts";
import type { ClassMapping, WantedTable } from "./table-mapping.ts";

/** What becomes of stored tables that have classes which now belong to other families: a class is in one table of a kind. */
interface TakenTypes {
  /** Tables that keep other classes, without those; they are made anew. */
  readonly shrunk: readonly WantedTable[];
  /** Tables that are to go: those that keep nothing, and those being filled that nobody needs then. */
  readonly emptied: readonly StoredTable[];
}

/** Works out which tables of other families have to do without classes that are wanted: such as one that got a base class. */
export function takeTypes(tables: readonly StoredTable[], wanted: readonly WantedTable[]): TakenTypes {
  const families = new Set(wanted.map(({ family }) => family));
  const losing = tables.filter(
    (table) => !families.has(table.mapping.family) && keptClasses(table.mapping, wanted).length < table.mapping.classes.length,
  );
  const shrunk = losing.flatMap(({ mapping: { family, kind, classes }, filling }): WantedTable[] => {
    const kept = keptClasses({ family, kind, classes }, wanted);
    return filling === null && kept.length > 0 ? [{ family, kind, classes: kept }] : [];
  });
  return { shrunk, emptied: losing.filter(({ mapping }) => shrunk.every(({ family }) => family !== mapping.family)) };
}

/** The classes of a table that no other family wants. */
export function keptClasses({ family, kind, classes }: WantedTable, wanted: readonly WantedTable[]): ClassMapping[] {
  const others = wanted.filter((each) => each.family !== family && each.kind === kind);
  return classes.filter(({ type }) => !others.some((each) => hasType(each, type)));
}

/** The classes that a family takes out of the tables of others, as these have them. */
export function takenClasses(tables: readonly StoredTable[], wanted: WantedTable): ClassMapping[] {
  return tables
    .filter(({ mapping, filling }) => filling === null && mapping.family !== wanted.family && mapping.kind === wanted.kind)
    .flatMap(({ mapping }) => mapping.classes.filter(({ type }) => hasType(wanted, type)));
}

/** Tells whether a class is among those of a table. */
export function hasType({ classes }: Pick<WantedTable, "classes">, type: string): boolean {
  return classes.some((each) => each.type === type);
}
