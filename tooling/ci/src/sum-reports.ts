import { globSync, readFileSync } from "node:fs";

/** Adds up what the test runners wrote about their runs, and prints it as one line. Fails when there is nothing to add up. */
function count(report: unknown, key: string): number {
  const value: unknown = typeof report === "object" && report !== null ? Reflect.get(report, key) : undefined;
  if (typeof value !== "number") throw new Error(`a report has no number "${key}"`);
  return value;
}

const reports = globSync(["{packages,apps,tooling}/*/.reports/vitest.json", "docs/.reports/vitest.json"]);
let passed = 0;
let failed = 0;
for (const path of reports) {
  const report: unknown = JSON.parse(readFileSync(path, "utf8"));
  passed += count(report, "numPassedTests");
  failed += count(report, "numFailedTests") + (count(report, "numTotalTests") === 0 ? 1 : 0);
}
process.stdout.write(`tests: ${passed} passed, ${failed} failed\n`);
if (passed === 0 || failed > 0) process.exitCode = 1;
