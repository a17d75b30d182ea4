import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Adds up what the test runners wrote about their runs, and prints it as one line. A suite that ended without saying what became of it counts as a
 * test that failed, and so does a file that failed outside its tests. Fails when anything failed, or nothing passed.
 */
let passed = 0;
let failed = 0;
for (const config of globSync(["{packages,apps,tooling}/*/vitest.config.ts", "docs/vitest.config.ts"]).toSorted()) {
  const suite = dirname(config);
  const report = readReport(join(suite, ".reports/vitest.json"));
  const failures = report === null ? 1 : countFailures(report);
  if (report !== null) passed += count(report, "numPassedTests");
  if (failures > 0) process.stderr.write(`${suite}: ${report === null ? "no report" : `${failures} failed`}\n`);
  failed += failures;
}
process.stdout.write(`tests: ${passed} passed, ${failed} failed\n`);
if (passed === 0 || failed > 0) process.exitCode = 1;

/** Reads a report; null where there is none that is whole. */
function readReport(path: string): unknown {
  if (!existsSync(path)) return null;
  try {
    const report: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof read(report, "numTotalTests") === "number" ? report : null;
  } catch {
    return null;
  }
}

function countFailures(report: unknown): number {
  const files = read(report, "testResults");
  const outside = Array.isArray(files) ? files.filter((file) => read(file, "status") === "failed" && !holdsFailure(file)).length : 0;
  const failures = count(report, "numFailedTests") + outside;
  return failures === 0 && (read(report, "success") !== true || count(report, "numTotalTests") === 0) ? 1 : failures;
}

function holdsFailure(file: unknown): boolean {
  const tests = read(file, "assertionResults");
  return Array.isArray(tests) && tests.some((test) => read(test, "status") === "failed");
}

function count(report: unknown, key: string): number {
  const value = read(report, key);
  return typeof value === "number" ? value : 0;
}

function read(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
