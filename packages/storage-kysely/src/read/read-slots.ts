import { compareText } from "@minference/ecs";
import type { Work } from "../query/work.ts";
import { readDifferentTexts, readSameTexts } from "./json-lists.ts";
import type { EdgeRow, ReadStatements } from "./read-statements.ts";

/** The filled slots of a field, ordered, and the row ids of what is in them. */
export interface FilledSlots {
  readonly field: string;
  readonly slots: readonly string[];
  readonly children: readonly number[];
}

/** A position on a chain whose slots are asked for. */
export interface SlotPosition {
  /** What the slots are given back under. */
  readonly root: number;
  readonly chain: number;
  readonly seq: number;
  /** 0 to look on this chain alone, 1 where slots are inherited from the chains that it branches from. */
  readonly depth: number;
}

/** Some slots of a field of a version, or of one it inherits from: the greater the depth, the farther the ancestor. */
interface SlotList {
  readonly depth: number;
  readonly slots: string[];
  readonly children: (number | null)[];
}

type ListsOfRoots = Map<number, Map<string, SlotList[]>>;

/** Few positions may have many slots each, which come in lists; of many positions, which have few, a slot comes as a row. */
const fewPositions = 100;

/** Finds the filled slots at some positions, ordered by field: the nearest chain's counts, and one without child hides what is inherited. */
export function* readSlots(
  statements: ReadStatements,
  positions: readonly SlotPosition[],
): Work<ReadonlyMap<number, readonly FilledSlots[]>> {
  if (positions.length === 0) return new Map();
  const lists = positions.length <= fewPositions ? yield* readLists(statements, positions) : yield* readEdges(statements, positions);
  const filled = new Map<number, readonly FilledSlots[]>();
  for (const [root, fields] of lists) {
    const slots = Array.from(fields, ([field, ofField]) => filledSlots(field, ofField)).filter(({ children }) => children.length > 0);
    if (slots.length > 0) filled.set(root, slots.length === 1 ? slots : slots.toSorted((a, b) => compareText(a.field, b.field)));
  }
  return filled;
}

function values(positions: readonly SlotPosition[]): number[][] {
  return positions.map(({ root, chain, seq, depth }) => [root, chain, seq, depth]);
}

function* readLists({ edgeLists }: ReadStatements, positions: readonly SlotPosition[]): Work<ListsOfRoots> {
  const found: ListsOfRoots = new Map();
  for (const { depth, ended, open, root } of yield* edgeLists(values(positions))) {
    for (const text of [open, ended]) {
      if (text === null) continue;
      const [ofFields = null, ofSlots = null, ofChildren = "[]"] = text.split("\n");
      const [fields, slots] = [readSameTexts(ofFields), readDifferentTexts(ofSlots)];
      const children: (number | null)[] = JSON.parse(ofChildren);
      const [first = ""] = fields;
      const lists = listsOf(found, root, first);
      if (lists.length === 0 && fields.every((field) => field === first)) lists.push({ depth, slots, children });
      else
        for (const [index, field] of fields.entries())
          addEdge(listsOf(found, root, field), depth, slots[index] ?? "", children[index] ?? null);
    }
  }
  return found;
}

function* readEdges({ edges }: ReadStatements, positions: readonly SlotPosition[]): Work<ListsOfRoots> {
  const found: ListsOfRoots = new Map();
  for (const { root, depth, field, slot, child_vid } of yield* edges(values(positions)))
    addEdge(listsOf(found, root, field), depth, slot, child_vid);
  return found;
}

function listsOf(found: ListsOfRoots, root: number, field: string): SlotList[] {
  let fields = found.get(root);
  if (fields === undefined) found.set(root, (fields = new Map<string, SlotList[]>()));
  let lists = fields.get(field);
  if (lists === undefined) fields.set(field, (lists = []));
  return lists;
}

function addEdge(lists: SlotList[], depth: number, slot: string, child: EdgeRow["child_vid"]): void {
  const known = lists.find((list) => list.depth === depth);
  if (known === undefined) {
    lists.push({ depth, slots: [slot], children: [child] });
  } else {
    known.slots.push(slot);
    known.children.push(child);
  }
}

function filledSlots(field: string, lists: readonly SlotList[]): FilledSlots {
  const [only, ...others] = lists;
  if (only !== undefined && others.length === 0 && isFilled(only.children) && isOrdered(only.slots)) {
    return { field, slots: only.slots, children: only.children };
  }
  const nearest = new Map<string, number | null>();
  for (const { slots, children } of lists.toSorted((a, b) => a.depth - b.depth)) {
    for (const [index, slot] of slots.entries()) if (!nearest.has(slot)) nearest.set(slot, children[index] ?? null);
  }
  const slots: string[] = [];
  const children: number[] = [];
  for (const [slot, child] of Array.from(nearest).toSorted(([a], [b]) => compareText(a, b))) {
    if (child === null) continue;
    slots.push(slot);
    children.push(child);
  }
  return { field, slots, children };
}

function isFilled(children: readonly (number | null)[]): children is number[] {
  return !children.includes(null);
}

function isOrdered(slots: readonly string[]): boolean {
  for (let index = 1; index < slots.length; index += 1) if ((slots[index - 1] ?? "") >= (slots[index] ?? "")) return false;
  return true;
}
