import { expect, test } from "vitest";
import { ManualClock } from "../../test/manual-clock.ts";
import { Concurrency } from "./concurrency.ts";

test("what is stated stays, and what is not is without limit", () => {
  const stated = new Concurrency(5, new ManualClock());
  stated.answered(5);
  stated.strained();
  expect(stated.most).toBe(5);
  expect(new Concurrency(undefined, new ManualClock()).most).toBe(Number.POSITIVE_INFINITY);
});

test("grows by rounds while it is used up, halves once for each overload, and grows slowly from then on", async () => {
  const clock = new ManualClock();
  const adaptive = new Concurrency("adaptive", clock);
  adaptive.answered(3);
  expect(adaptive.most).toBe(8);
  for (let answers = 0; answers < 8; answers += 1) adaptive.answered(adaptive.most);
  expect(adaptive.most).toBe(16);
  adaptive.strained();
  adaptive.strained();
  expect(adaptive.most).toBe(8);
  for (let answers = 0; answers < 9; answers += 1) adaptive.answered(adaptive.most);
  expect(adaptive.most).toBe(9);
  for (let overloads = 0; overloads < 9; overloads += 1) {
    await clock.advance(1000);
    adaptive.strained();
  }
  expect(adaptive.most).toBe(1);
});
