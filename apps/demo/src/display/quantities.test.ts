import { expect, it } from "vitest";
import { formatBytes, formatCount, formatDuration, formatThings } from "./quantities.ts";

it.each([
  [formatDuration(0), "0.0 s"],
  [formatDuration(11_240), "11.2 s"],
  [formatDuration(59_960), "60.0 s"],
  [formatDuration(125_000), "2 min 05 s"],
  [formatBytes(512), "512 B"],
  [formatBytes(1_440), "1.4 kB"],
  [formatBytes(1_440_000), "1.4 MB"],
  [formatBytes(2_500_000_000), "2.50 GB"],
  [formatCount(0), "0"],
  [formatCount(1_234_567), "1 234 567"],
  [formatThings(1, "request"), "1 request"],
  [formatThings(1200, "request"), "1 200 requests"],
])("writes %s", (written, expected) => {
  expect(written).toBe(expected);
});
