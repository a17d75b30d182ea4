import { expect, it } from "vitest";
import { uuidV7Source } from "./uuid-v7.ts";

it("makes ids that sort in the order they were made, also when the clock stands still or goes back", () => {
  const times = [5, 5, 4, 9, 9];
  let calls = 0;
  const next = uuidV7Source(() => times[calls++ % times.length] ?? 0);
  const ids = Array.from({ length: 20_000 }, () => next());
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids.slice(0, 100)) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it("begins with the time", () => {
  expect(uuidV7Source(() => 0x0123456789ab)().slice(0, 13)).toBe("01234567-89ab");
});
