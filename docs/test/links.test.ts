import { existsSync, globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const documents = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "apps/*/README.md"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
});

test.each(documents)("%s links only to what is there", async (document) => {
  const text = await readFile(join(root, document), "utf8");
  const links = Array.from(text.matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g), ([, target = ""]) => target);
  expect(links.filter((target) => !existsSync(join(root, dirname(document), target)))).toEqual([]);
});
