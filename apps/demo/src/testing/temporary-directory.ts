import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Makes an empty directory for the tests of a file and removes it after the last of them. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "minference-demo-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
