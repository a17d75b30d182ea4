import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonOrder, distinctKeys } from "../lineage/common-order.ts";
import { mergeOrders } from "./merge-lists.ts";

const list = fc.uniqueArray(fc.constantFrom(...Array.from("abcdefghij")), { maxLength: 8 });

describe("commonOrder", () => {
  it("pairs equal elements in rising order, and as many as there can be", () => {
    fc.assert(
      fc.property(list, list, (before, after) => {
        const pairs = commonOrder(before, after);
        for (const [i, j] of pairs) expect(before[i]).toBe(after[j]);
        for (const [index, [i, j]] of pairs.entries()) {
          const [k, l] = pairs[index + 1] ?? [before.length, after.length];
          expect(i < k && j < l).toBe(true);
        }
        const longest = (i: number, j: number): number => {
          if (i === before.length || j === after.length) return 0;
          return before[i] === after[j] ? 1 + longest(i + 1, j + 1) : Math.max(longest(i + 1, j), longest(i, j + 1));
        };
        expect(pairs).toHaveLength(longest(0, 0));
      }),
    );
  });
});

describe("distinctKeys", () => {
  it("tells repetitions apart, the same way in every list", () => {
    const object = {};
    expect(distinctKeys(["a", "b", "a"], (text) => text)).toEqual(["0:a", "0:b", "1:a"]);
    expect(distinctKeys([object, {}, object], (one) => one)).toEqual(["0#0", "0#1", "1#0"]);
  });
});

describe("mergeOrders", () => {
  it("changes nothing when one side did not, or both did the same", () => {
    fc.assert(
      fc.property(list, list, (base, side) => {
        expect(mergeOrders(base, side, base)).toEqual(side);
        expect(mergeOrders(base, base, side)).toEqual(side);
        expect(mergeOrders(base, side, side)).toEqual(side);
      }),
    );
  });

  it("has what either side put in, and nothing that both have taken out", () => {
    fc.assert(
      fc.property(list, list, list, (base, first, second) => {
        const merged = new Set(mergeOrders(base, first, second));
        for (const key of "abcdefghij") {
          const [inBase, inFirst, inSecond] = [base, first, second].map((keys) => keys.includes(key));
          if (inFirst === true && inSecond === true) expect(merged.has(key)).toBe(true);
          if (inBase !== true && (inFirst === true || inSecond === true)) expect(merged.has(key)).toBe(true);
          if (inFirst !== true && inSecond !== true) expect(merged.has(key)).toBe(false);
        }
      }),
    );
  });

  it("keeps concurrent appends of both sides, the first side's before the second's", () => {
    expect(mergeOrders(["a"], ["a", "x", "y"], ["a", "z"])).toEqual(["a", "x", "y", "z"]);
    expect(mergeOrders(["a", "b", "c"], ["c", "a", "b"], ["a", "c", "n"])).toEqual(["c", "a", "n"]);
  });
});
