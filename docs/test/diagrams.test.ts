// @vitest-environment jsdom
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import mermaid from "mermaid";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

async function diagramsOf(document: string): Promise<readonly string[]> {
  const text = await readFile(join(root, document), "utf8");
  return Array.from(text.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm), ([, diagram = ""]) => diagram);
}

test("every diagram can be drawn", async () => {
  const documents = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "apps/*/README.md"], {
    cwd: root,
    exclude: ["**/node_modules/**"],
  });
  const diagrams = (await Promise.all(documents.map(diagramsOf))).flat();
  expect(diagrams.length).toBeGreaterThan(0);
  for (const diagram of diagrams) await expect(mermaid.parse(diagram), diagram).resolves.toMatchObject({ diagramType: expect.any(String) });
});
