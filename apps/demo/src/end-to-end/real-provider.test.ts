import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { startSimulatedProvider } from "@minference/clients/testing";
import { describe, expect, it } from "vitest";
import { generateProblems } from "../problems/generate-problems.ts";
import { scriptedModel } from "../simulation/scripted-model.ts";
import { runDocument } from "../testing/demo-documents.ts";
import { runDemo } from "../testing/demo-process.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const cwd = temporaryDirectory();
const key = "sk-canary-7f3e19c5d2a84b60";

describe("a provider that is not simulated", () => {
  it("is used with the key of the environment, which appears nowhere", { timeout: 30_000 }, async () => {
    await using server = await startSimulatedProvider({ script: scriptedModel(generateProblems(8, 1)), apiKeys: [key] });
    const env = {
      OPENAI_API_KEY: key,
      OPENAI_BASE_URL: server.openaiBaseUrl,
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: server.anthropicBaseUrl,
    };
    const limits = ["--requests-per-minute", "6000", "--tokens-per-minute", "6000000"];
    const { code, stderr, stdout } = await runDemo(["--limit", "8", ...limits, "--storage", "sqlite:keys.db", "--json"], { cwd, env });
    expect(code, stderr).toBe(0);
    const report = runDocument.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ right: 8, failed: 0 });
    expect(report.providers.map(({ label, simulated }) => ({ label, simulated }))).toEqual([
      { label: "openai", simulated: false },
      { label: "anthropic", simulated: false },
    ]);
    expect(report.utilisation).toBeGreaterThan(0);
    expect(server.counts()).toMatchObject({ answered: server.counts().received, duplicates: 0 });

    const shown = await runDemo(["show", report.threads[0]?.id ?? "", "--storage", "sqlite:keys.db"], { cwd, env });
    for (const text of [stdout, stderr, shown.stdout, shown.stderr]) expect(text).not.toContain(key);
    const files = readdirSync(cwd).filter((name) => name.startsWith("keys.db"));
    expect(files).toContain("keys.db");
    for (const name of files) expect(readFileSync(join(cwd, name)).includes(key), name).toBe(false);
  });

  it("that refuses the key is asked once, and the other goes on", { timeout: 30_000 }, async () => {
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
    const { code, stderr, stdout } = await runDemo(["--provider", "both", "--limit", "8", "--storage", "memory:", "--json"], { cwd, env });
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
