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

  it("leaves room at the same place again and again", () => {
    for (const side of [0, 1]) {
      const keys = orderKeysBetween(null, null, 2);
      for (let round = 0; round < 1_000; round++) {
        keys.splice(1, 0, ...orderKeysBetween(keys[0] ?? null, keys[1] ?? null, 1));
        if (side === 0) keys.splice(2, 1);
        else keys.splice(0, 1);
      }
      expect(sorted(keys)).toBe(true);
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
