import { readFile } from "node:fs/promises";
import { errorCodes } from "@minference/clients";
import { entityErrorCodes, storageErrorCodes } from "@minference/ecs";
import { threadErrorCodes } from "@minference/threads";
import { expect, test } from "vitest";

const document = await readFile(new URL("../errors.md", import.meta.url), "utf8");

test.each([
  ["EntityError", entityErrorCodes],
  ["StorageError", storageErrorCodes],
  ["ProviderError", errorCodes],
  ["ThreadError", threadErrorCodes],
] as const)("errors.md lists each code of %s", (name, codes) => {
  const section = document.split("\n## ").find((part) => part.startsWith(`\`${name}\``)) ?? "";
  const listed = Array.from(section.matchAll(/^\| `(\w+)`\s*\|/gm), ([, code]) => code);
  expect(listed.toSorted()).toEqual(codes.toSorted());
});
