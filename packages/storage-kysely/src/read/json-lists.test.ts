import fc from "fast-check";
import { expect, test } from "vitest";
import { readDifferentTexts, readNumbers, readSameTexts } from "./json-lists.ts";

/** Texts, of those that lists are cut at more than chance has it. */
const text = fc.oneof(fc.string(), fc.constantFrom("", ",", ", ", '"', '","', '", "', "\\", "[", '"]', "\n", "Message", "history"));

/** Checks that texts come back of a list as SQLite puts it together, and as Postgres does. */
function expectBack(texts: readonly string[]): void {
  for (const separator of [",", ", "]) {
    const list = `[${texts.map((each) => JSON.stringify(each)).join(separator)}]`;
    expect(readSameTexts(list)).toEqual(texts);
    expect(readDifferentTexts(list)).toEqual(texts);
  }
}

test("texts come back, whatever they hold", () => {
  fc.assert(fc.property(fc.array(text), expectBack));
});

test("the same text over and over comes back, also with another among it", () => {
  const repeated = fc.record({ same: text, before: fc.nat(9), other: fc.array(text, { maxLength: 1 }), after: fc.nat(9) });
  fc.assert(
    fc.property(repeated, ({ after, before, other, same }) => {
      expectBack([...Array<string>(before).fill(same), ...other, ...Array<string>(after).fill(same)]);
    }),
  );
});

test("numbers come back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      expect(readNumbers(numbers.join(","))).toEqual(numbers);
    }),
  );
});

test("nothing was put together where there is nothing", () => {
  expect([readNumbers(null), readSameTexts(null), readDifferentTexts(null)]).toEqual([[], [], []]);
});
