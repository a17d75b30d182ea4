import { existsSync, globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const documents = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "apps/*/README.md"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
});

/** The names that a document's headings are linked by. */
async function anchorsOf(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8");
  const headings = Array.from(text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

async function leadsSomewhere(document: string, link: string): Promise<boolean> {
  const [target = "", anchor] = link.split("#");
  const path = target === "" ? join(root, document) : join(root, dirname(document), target);
  return existsSync(path) && (anchor === undefined || (await anchorsOf(path)).includes(anchor));
}

test.each(documents)("%s links only to what is there", async (document) => {
  const text = await readFile(join(root, document), "utf8");
  const links = Array.from(text.matchAll(/\]\((?!https?:)([^)\s]+)[^)]*\)/g), ([, target = ""]) => target);
  const found = await Promise.all(links.map((link) => leadsSomewhere(document, link)));
  expect(links.filter((_, index) => found[index] !== true)).toEqual([]);
});
