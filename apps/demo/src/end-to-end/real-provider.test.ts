import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { startSimulatedProvider } from "@minference/clients/testing";
import { testDatabase } from "@minference/tooling-postgres";
import pg from "pg";
import { scriptedModel } from "@minference/word-problems";
import { describe, expect, it } from "vitest";
import { generateProblems } from "../problems/generate-problems.ts";
import { runDocument } from "../testing/demo-documents.ts";
import { runHere } from "../testing/run-here.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const cwd = temporaryDirectory();
const key = "sk-canary-7f3e19c5d2a84b60";

const postgresUrl = await testDatabase();

/** Reads all that a SQLite store left on the disk. */
function sqliteContent(): Promise<string> {
  const files = readdirSync(cwd).filter((name) => name.startsWith("keys.db"));
  return Promise.resolve(files.map((name) => readFileSync(join(cwd, name), "latin1")).join("\n"));
}

/** Reads every row of a Postgres store. */
async function postgresContent(): Promise<string> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema = 'minference'",
    );
    let content = "";
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select stored::text as row from ${name} as stored`);
      content += rows.map(({ row }) => row).join("\n");
    }
    return content;
  } finally {
    await client.end();
  }
}

describe("a provider that is not simulated", () => {
  it.each([
    ["SQLite", `sqlite:${join(cwd, "keys.db")}`, sqliteContent],
    ["Postgres", postgresUrl, postgresContent],
  ])("is used with the key of the environment, which appears nowhere, on %s", async (_, storage, content) => {
    await using server = await startSimulatedProvider({ script: scriptedModel(generateProblems(8, 1)), apiKeys: [key] });
    const env = {
      OPENAI_API_KEY: key,
      OPENAI_BASE_URL: server.openaiBaseUrl,
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: server.anthropicBaseUrl,
    };
    const limits = ["--requests-per-minute", "6000", "--tokens-per-minute", "6000000"];
    const { code, stderr, stdout } = await runHere(["--limit", "8", ...limits, "--storage", storage, "--json"], env);
    expect(code, stderr).toBe(0);
    const report = runDocument.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ right: 8, failed: 0 });
    expect(report.providers.map(({ label, simulated }) => ({ label, simulated }))).toEqual([
      { label: "openai", simulated: false },
      { label: "anthropic", simulated: false },
    ]);
    expect(report.utilisation).toBeGreaterThan(0);
    expect(server.counts()).toMatchObject({ answered: server.counts().received, duplicates: 0 });

    const shown = await runHere(["show", report.threads[0]?.id ?? "", "--storage", storage], env);
    for (const text of [stdout, stderr, shown.stdout, shown.stderr]) expect(text).not.toContain(key);
    const stored = await content();
    expect(stored).toContain("step by step");
    expect(stored.includes(key)).toBe(false);
  });

  it("that refuses the key is asked once, and the other goes on", async () => {
    let asked = 0;
    const refusing = createServer((request, response) => {
      asked += 1;
      const message = `Incorrect API key provided: ${request.headers.authorization}.`;
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message, type: "invalid_request_error", code: "invalid_api_key", param: null } }));
    });
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const address = refusing.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` };
    const { code, stderr, stdout } = await runHere(["--provider", "both", "--limit", "8", "--storage", "memory:", "--json"], env);
    refusing.close();
    expect(asked).toBe(1);
    expect(code).toBe(1);
    const report = runDocument.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ right: 4, failed: 4 });
    expect(report.threads.filter(({ error }) => error?.code === "authentication").map(({ provider }) => provider)).toEqual(
      Array(4).fill("openai"),
    );
    expect(stderr.match(/^openai: .*check the key in the environment \(4 conversations failed\)$/gm)).toHaveLength(1);
    for (const text of [stdout, stderr]) expect(text).not.toContain(key);
  });
});
