import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { retryableCodes } from "../src/errors/error-code.ts";
import { errorCodes } from "../src/index.ts";
import { startSimulatedProvider } from "../src/testing/index.ts";
import { answerAll } from "./readme-example.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test("the example of the README is the one that is compiled and run here", async () => {
  const example = await readFile(new URL("readme-example.ts", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  await using server = await startSimulatedProvider({ script: ({ request }) => ({ text: request.model }), apiKeys: ["good"] });
  const baseUrl = server.openaiBaseUrl;
  expect(await answerAll({ provider: "vllm", baseUrl, apiKey: "good" }, "m", ["a", "b"])).toEqual(["m", "m"]);
  expect(await answerAll({ provider: "vllm", baseUrl, apiKey: "bad" }, "m", ["a"])).toEqual([
    expect.stringMatching(/^authentication after 1/),
  ]);
});

test("the README says of each error code whether it is tried again and what to do", () => {
  const rows = Array.from(
    (readme.split("## Error codes")[1] ?? "").matchAll(/^\| `(\w+)`\s*\| (yes|no)\s*\| \S/gm),
    ([, code, again]) => `${code} ${again}`,
  );
  expect(rows).toEqual(errorCodes.map((code) => `${code} ${retryableCodes.has(code) ? "yes" : "no"}`));
});
