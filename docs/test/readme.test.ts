import { execFile, type ExecFileOptions } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSimulatedProvider } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { ChatThread } from "@minference/threads";
import { expect, test } from "vitest";

async function run(command: string, args: readonly string[], options: ExecFileOptions = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, options).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${command} failed:\n${error.stdout}${error.stderr}`);
  });
  return stdout.toString();
}

const apiKey = "sim-key-of-the-readme";

test("the example of the README runs and stores what it says", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (example === undefined) throw new Error("the README has no example");
  const directory = await mkdtemp(join(import.meta.dirname, "readme-"));
  const provider = await startSimulatedProvider({
    apiKeys: [apiKey],
    script: ({ request }) => {
      const last = request.messages.at(-1);
      if (last?.role === "tool") return { text: `The product is ${last.results[0]?.content}.` };
      const [a = 0, b = 0] = JSON.stringify(last).match(/\d+/g)?.map(Number) ?? [];
      return { toolCalls: [{ name: "multiply", arguments: { a, b } }] };
    },
  });
  try {
    await writeFile(join(directory, "example.ts"), example);
    const { NODE_COMPILE_CACHE, PATH } = process.env;
    const env = { PATH, NODE_COMPILE_CACHE, OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: provider.openaiBaseUrl };
    const stdout = await run(process.execPath, ["--conditions=@minference/source", "example.ts"], { cwd: directory, env });
    expect(stdout).toBe("The product is 63.\nThe product is 105.\nThe product is 147.\n");
    const registry = new EntityRegistry(await openSqlite(join(directory, "chats.db")));
    const threads = await Array.fromAsync(registry.listByType(ChatThread));
    expect(threads.map(({ history }) => history.map(({ role }) => role))).toEqual(
      Array.from({ length: 3 }, () => ["user", "assistant", "tool", "assistant"]),
    );
    await registry.close();
  } finally {
    await provider[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
});
