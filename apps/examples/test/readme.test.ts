import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { catalogue } from "../src/catalogue.ts";

test("the README lists the examples there are", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(Array.from(readme.matchAll(/^\| \[([\w-]+)\]\(src\/examples\/\1\.ts\)/gm), ([, name]) => name)).toEqual([...catalogue.keys()]);
});
