import { startSimulatedProvider } from "@minference/clients/testing";
import { testDatabase } from "@minference/tooling-postgres";
import { expect, test } from "vitest";
import { catalogue } from "../src/catalogue.ts";
import { run } from "./run.ts";

const MINFERENCE_POSTGRES_URL = await testDatabase();
const asking = Array.from(catalogue.keys()).filter((name) => name !== "fork-and-register");

test.each(asking)("%s tells that its provider refused, and fails", async (name) => {
  await using provider = await startSimulatedProvider({ apiKeys: ["another key"], script: () => ({}) });
  const { code, lines } = await run(name, {
    OPENAI_API_KEY: "wrong",
    OPENAI_BASE_URL: provider.openaiBaseUrl,
    OPENROUTER_API_KEY: "wrong",
    OPENROUTER_ENDPOINT: provider.openaiBaseUrl,
    MINFERENCE_POSTGRES_URL,
  });
  expect(lines.join("\n")).toContain("no answer (provider): ");
  expect(lines.join("\n")).not.toContain("undefined");
  expect(code).toBe(1);
});

test("what the budget keeps from being sent is no failure", async () => {
  expect(await run("budget")).toMatchObject({ code: 0 });
});
