import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

test("lines come back from pieces cut anywhere", async () => {
  const character = fc.constantFrom("a", "é", "🗝", "\u2028", "\u0085", "\r", "\uFEFF", "b");
  const line = fc.array(character, { minLength: 1, maxLength: 5 }).map((characters) => `.${characters.join("")}.`);
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.infiniteStream(fc.nat({ max: 6 })), fc.boolean(), async (lines, sizes, ended) => {
      const bytes = Buffer.from(lines.join("\n") + (ended && lines.length > 0 ? "\n" : ""));
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; ) {
          const [size = 1] = sizes.take(1);
          yield bytes.subarray(at, (at += size));
        }
      }
      expect(await Array.fromAsync(linesOf(pieces()))).toEqual(lines);
    }),
  );
});

test("a return before the end of a line belongs to the end", async () => {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("a\r\n\r\nb\r");
  }
  expect(await Array.fromAsync(linesOf(bytes()))).toEqual(["a", "", "b"]);
});
