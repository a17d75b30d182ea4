import { commonOrder } from "../lineage/common-order.ts";

/** Where one side has put elements that the base has not, or has elsewhere: after which kept element of the base. */
interface Side {
  readonly keeps: ReadonlySet<number>;
  readonly insertions: ReadonlyMap<number, readonly string[]>;
}

const front = -1;

function compare(base: readonly string[], side: readonly string[]): Side {
  const pairs = commonOrder(base, side);
  const placeOf = new Map(pairs.map(([before, after]) => [after, before]));
  const insertions = new Map<number, string[]>();
  let last = front;
  for (const [index, key] of side.entries()) {
    const place = placeOf.get(index);
    if (place !== undefined) {
      last = place;
      continue;
    }
    const run = insertions.get(last);
    if (run === undefined) insertions.set(last, [key]);
    else run.push(key);
  }
  return { keeps: new Set(pairs.map(([before]) => before)), insertions };
}

/**
 * Merges the orders of two lists that came from one, each a list of distinct keys. What one side removed or moved is removed
 * or moved, what either inserted is there; where both inserted, the first side's elements come first.
 */
export function mergeOrders(base: readonly string[], first: readonly string[], second: readonly string[]): string[] {
  const sides = [compare(base, first), compare(base, second)];
  const merged = new Set<string>();
  for (let place = front; place < base.length; place++) {
    const key = base[place];
    if (key !== undefined && sides.every(({ keeps }) => keeps.has(place))) merged.add(key);
    for (const { insertions } of sides) for (const inserted of insertions.get(place) ?? []) merged.add(inserted);
  }
  return Array.from(merged);
}
