/**
 * Finds the most elements that two lists without repetitions have in common in the same order, as pairs of indexes that rise
 * on both sides (a longest increasing subsequence of the places in the first list).
 */
export function commonOrder(before: readonly unknown[], after: readonly unknown[]): [before: number, after: number][] {
  let start = 0;
  while (start < before.length && start < after.length && Object.is(before[start], after[start])) start++;
  let end = 0;
  const shorter = Math.min(before.length, after.length);
  while (end < shorter - start && Object.is(before[before.length - 1 - end], after[after.length - 1 - end])) end++;

  const placeBefore = new Map<unknown, number>();
  for (let index = start; index < before.length - end; index++) placeBefore.set(before[index], index);
  const tails: number[] = [];
  const previous = new Map<number, number | undefined>();
  const placed = (index: number | undefined): number => (index === undefined ? -1 : (placeBefore.get(after[index]) ?? -1));
  for (let index = start; index < after.length - end; index++) {
    const place = placeBefore.get(after[index]);
    if (place === undefined) continue;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (placed(tails[middle]) < place) low = middle + 1;
      else high = middle;
    }
    previous.set(index, tails[low - 1]);
    tails[low] = index;
  }
  const middle: [number, number][] = [];
  for (let index = tails.at(-1); index !== undefined; index = previous.get(index)) middle.push([placed(index), index]);

  const pairs: [number, number][] = Array.from({ length: start }, (_, index) => [index, index]);
  pairs.push(...middle.toReversed());
  for (let offset = end; offset > 0; offset--) pairs.push([before.length - offset, after.length - offset]);
  return pairs;
}

/** Gives each element a key that is its own: the key of its kind and how many of that kind came before. */
export function distinctKeys<E>(elements: readonly E[], kindOf: (element: E) => unknown): string[] {
  const counts = new Map<unknown, number>();
  const names = new Map<unknown, number>();
  return elements.map((element) => {
    const kind = kindOf(element);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    if (typeof kind === "string") return `${count}:${kind}`;
    const name = names.get(kind) ?? names.size;
    names.set(kind, name);
    return `${count}#${name}`;
  });
}
