import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderKeysBetween } from "./order-keys.ts";

function sorted(keys: readonly string[]): boolean {
  return keys.every((key, index) => index === 0 || (keys[index - 1] ?? "") < key);
}

describe("orderKeysBetween", () => {
  it("keeps every sequence of insertions in order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })), { maxLength: 200 }), (insertions) => {
        const keys: string[] = [];
        for (const [position, count] of insertions) {
          const at = position % (keys.length + 1);
          keys.splice(at, 0, ...orderKeysBetween(keys[at - 1] ?? null, keys[at] ?? null, count));
        }
        expect(sorted(keys)).toBe(true);
      }),
    );
  });

  it.each([
    ["always at the same index", () => 1, 6],
    ["each after the one before", (_length: number, round: number) => 1 + round, 6],
    ["always before the last", (length: number) => length - 1, 6],
    ["anywhere", (length: number, round: number) => (round * 7_919) % length, 15],
    ["always in the very middle", (length: number) => length >> 1, 1_700],
  ])("keeps keys short when 5 000 are put in %s", (_where, place, longest) => {
    const keys = orderKeysBetween(null, null, 2);
    for (let round = 0; round < 5_000; round++) {
      const at = place(keys.length, round);
      keys.splice(at, 0, ...orderKeysBetween(keys[at - 1] ?? null, keys[at] ?? null, 1));
    }
    expect(sorted(keys)).toBe(true);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(longest);
  });

  it("finds room between many at once, and next to keys of another form", () => {
    for (const [before, after] of [
      ["a0", "a1"],
      [null, "a0"],
      ["a0V", "a1"],
      ["a0V", "a0a0"],
      ["a0", "a0V"],
      [null, "a0V"],
      ["a0V", null],
      ["Zz", "a0"],
      ["Yzz", "Z0"],
      ["azV", "b00"],
      ["zzz", "zzz1"],
    ] as const) {
      const keys = orderKeysBetween(before, after, 500);
      expect(keys).toHaveLength(500);
      expect(sorted([...(before === null ? [] : [before]), ...keys, ...(after === null ? [] : [after])])).toBe(true);
    }
  });

  it("keeps appended and prepended keys short", () => {
    const appended = orderKeysBetween(null, null, 100_000);
    expect(sorted(appended)).toBe(true);
    expect(Math.max(...appended.map((key) => key.length))).toBeLessThanOrEqual(4);
    let firstKey = "a0";
    for (let round = 0; round < 10_000; round++) {
      const [before = ""] = orderKeysBetween(null, firstKey, 1);
      expect(before < firstKey).toBe(true);
      firstKey = before;
    }
    expect(firstKey.length).toBeLessThanOrEqual(4);
  });
});
