import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { threadEntities } from "./thread-entities.ts";

test("names every class that this package defines", () => {
  const sources = globSync("**/*.ts", { cwd: import.meta.dirname, exclude: ["**/*.test.ts"] });
  const defined = sources.flatMap((source) => {
    const text = readFileSync(`${import.meta.dirname}/${source}`, "utf8");
    return Array.from(text.matchAll(/extends \w+\.(?:define|extend)\("(\w+)"/g), ([, name]) => name);
  });
  expect(threadEntities.map(({ definition }) => definition.name).toSorted()).toEqual(defined.toSorted());
});
