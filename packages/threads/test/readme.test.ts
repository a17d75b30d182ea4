import { readFile } from "node:fs/promises";
import { ScriptedChatClient } from "@minference/clients/testing";
import { MemoryStorage } from "@minference/storage-memory";
import { expect, test } from "vitest";
import { threadErrorCodes } from "../src/index.ts";
import { formatTable } from "./support/format-table.ts";
import { multiplyAll } from "./readme-example.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test("the example of the README is the one that is compiled and run here", async () => {
  const example = await readFile(new URL("readme-example.ts", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const client = new ScriptedChatClient({
    script: ({ request }) => {
      const last = request.messages.at(-1);
      if (last?.role === "tool") return { text: `It is ${last.results[0]?.content}.` };
      return { toolCalls: [{ name: "multiply", arguments: { a: 6, b: 7 } }] };
    },
  });
  expect(await multiplyAll(client, new MemoryStorage(), ["6 × 7?", "Once more?"])).toEqual(["It is 42.", "It is 42."]);
});

test("the README says what to do about each error code", () => {
  const documented = Array.from((readme.split("## Error codes")[1] ?? "").matchAll(/^\| `(\w+)`\s*\|/gm), ([, code]) => code);
  expect(documented).toEqual([...threadErrorCodes]);
});

test("the README's table of response formats is what the code does", () => {
  const unpadded = readme.replaceAll(/ +\|/g, " |").replaceAll(/-{3,}/g, "---");
  expect(unpadded).toContain(`\n${formatTable()}\n`);
});
