import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonElements } from "./common-elements.ts";
import type { ListOperation } from "./list-operations.ts";
import { valueOperations } from "./value-operations.ts";

/** Makes the new list of the old one and the operations. */
function replay(before: readonly unknown[], after: readonly unknown[], operations: readonly ListOperation<unknown>[]): unknown[] {
  const gone = new Set<number>();
  const come = new Map<number, unknown>();
  const replaced = new Map<number, ListOperation<unknown> & { op: "replace" }>();
  for (const one of operations) {
    if (one.op === "remove") gone.add(one.index);
    else if (one.op === "move") gone.add(one.from);
    else if (one.op === "replace") replaced.set(one.index, one);
    if (one.op === "insert") come.set(one.index, one.element);
    else if (one.op === "move") come.set(one.to, one.element);
  }
  const stayed = before.filter((_, index) => !gone.has(index));
  const made = after.map((_, index) => {
    if (come.has(index)) return come.get(index);
    const element = stayed.shift();
    const put = replaced.get(index);
    if (put !== undefined) expect(put.before).toEqual(element);
    return put === undefined ? element : put.after;
  });
  expect(stayed).toEqual([]);
  return made;
}

const lines = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`);

describe("the operations on a list of values", () => {
  it("lead from one list to the other", () => {
    const value = fc.oneof(fc.constantFrom("a", "b", "c", 0, -0, 1, null, undefined), fc.record({ k: fc.constantFrom("x", "y") }));
    const list = fc.array(value, { maxLength: 12 });
    fc.assert(
      fc.property(list, list, (before, after) => {
        const operations = valueOperations(before, after);
        expect(replay(before, after, operations)).toEqual(after);
        const inserted = operations.flatMap((one) => (one.op === "insert" ? [one.element] : []));
        for (const one of operations) if (one.op === "remove") expect(inserted).not.toContainEqual(one.element);
      }),
      { numRuns: 1000 },
    );
  });

  it("are as few as the edits also in lists that are large", () => {
    const before = lines(3_000);
    const after = ["x", ...before.slice(1), "tail"];
    expect(valueOperations(before, after)).toEqual([
      { op: "replace", index: 0, before: "line 0", after: "x" },
      { op: "insert", index: 3_000, element: "tail" },
    ]);
    const repeated = lines(4_000).flatMap((line) => [line, "", "}"]);
    const edited = ["{", ...repeated.toSpliced(5_000, 3, "p", "q", "r"), "{"];
    expect(
      valueOperations(repeated, edited)
        .map(({ op }) => op)
        .toSorted(),
    ).toEqual(["insert", "insert", "replace", "replace", "replace"]);
  });

  it("lead from one list to the other where a large list has nothing that occurs once", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1_100, maxLength: 1_300 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const pairs = commonElements(before, after);
        for (const [index, [at, atAfter]] of pairs.entries()) {
          expect(before[at]).toBe(after[atAfter]);
          const [next, nextAfter] = pairs[index + 1] ?? [before.length, after.length];
          expect(at < next && atAfter < nextAfter).toBe(true);
        }
        expect(replay(before, after, valueOperations(before, after))).toEqual(after);
      }),
      { numRuns: 10 },
    );
  });

  it("are exact also where everything in a large list differs or stands elsewhere", () => {
    const before = lines(30_000);
    const reversed = valueOperations(before, before.toReversed());
    expect([reversed.length, new Set(reversed.map(({ op }) => op))]).toEqual([29_999, new Set(["move"])]);
    const marked = before.map((line) => `${line}!`);
    expect(new Set(valueOperations(before, marked).map(({ op }) => op))).toEqual(new Set(["replace"]));
  });
});
