import { expect, test } from "vitest";
import { RememberedCounts } from "./remembered-counts.ts";

test("works out a text once, and a long one each time", () => {
  const counts = new RememberedCounts();
  const counted: string[] = [];
  const count = (text: string): number => counted.push(text.slice(0, 3)) * 100;
  expect([counts.of("one", count), counts.of("two", count), counts.of("one", count)]).toEqual([100, 200, 100]);
  const long = "long".repeat(2000);
  counts.of(long, count);
  counts.of(long, count);
  expect(counted).toEqual(["one", "two", "lon", "lon"]);
});

test("keeps what is asked for again and lets go of the rest", () => {
  const counts = new RememberedCounts();
  let worked = 0;
  const count = (text: string): number => {
    worked += 1;
    return text.length;
  };
  for (let index = 0; index < 10_000; index += 1) {
    counts.of("instructions", count);
    counts.of(`${index} ${"text".repeat(100)}`, count);
  }
  expect(worked).toBe(10_001);
  counts.of(`0 ${"text".repeat(100)}`, count);
  expect(worked).toBe(10_002);
});
