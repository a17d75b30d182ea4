import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * Packs every package that is published, installs the tarballs with npm in an empty project, and there runs and type-checks
 * a program that uses them, so that what users get is what is tried.
 */
const program = `
import * as z from "zod";
import { Entity, EntityRegistry, ref, type EntityStorage } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import * as postgres from "@minference/storage-kysely/postgres";
import * as clients from "@minference/clients";
import * as testing from "@minference/clients/testing";
import * as threads from "@minference/threads";
import * as mcp from "@minference/threads/mcp";

class Item extends Entity.define("Item", { name: z.string() }) {}
class Box extends Entity.define("Box", { items: z.array(ref(() => Item)).default([]) }) {}

const stores: EntityStorage[] = [new MemoryStorage(), await openSqlite("smoke.db")];
for (const storage of stores) {
  const registry = new EntityRegistry(storage);
  const box = new Box({ items: [new Item({ name: "a" })] });
  await registry.register(box);
  const first = box.ecsId;
  box.items.push(new Item({ name: "b" }));
  await registry.register(box);
  const names: string[] = (await registry.get(Box, box.ecsId)).items.map((item) => item.name);
  const old = await registry.get(Box, first);
  if (names.join() !== "a,b" || old.items.length !== 1) throw new Error("a version came back wrong");
  await registry.close();
}
for (const exported of [postgres.openPostgres, threads.InferenceOrchestrator, testing.startSimulatedProvider, mcp.connectMcpServer]) {
  if (typeof exported !== "function") throw new Error("something is not exported");
}
if (Object.keys(clients).length === 0) throw new Error("clients exports nothing");
process.stdout.write("smoke test passed\\n");
`;

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

const root = resolve(import.meta.dirname, "../../..");
const project = mkdtempSync(join(tmpdir(), "minference-smoke-"));
try {
  for (const manifest of globSync("packages/*/package.json", { cwd: root })) {
    run("npx", ["--yes", "pnpm@12.21.0", "pack", "--pack-destination", project], join(root, dirname(manifest)));
  }
  const tarballs = globSync("*.tgz", { cwd: project }).map((file) => `./${file}`);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "smoke", private: true, type: "module" }));
  const [, catalog = ""] = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8").split("\ncatalog:\n");
  const pinned = (name: string): string => {
    const version = new RegExp(`^ {2}"?${name}"?: (\\S+)`, "m").exec(catalog)?.[1];
    if (version === undefined) throw new Error(`the catalog has no ${name}`);
    return `${name}@${version}`;
  };
  // What users bring along, an OpenTelemetry SDK among them: npm refuses to install what does not go together.
  const others = [
    "@modelcontextprotocol/sdk",
    "@opentelemetry/sdk-trace-base",
    "better-sqlite3",
    "pg",
    "typescript",
    "@types/node",
    "vitest",
    "zod",
  ].map(pinned);
  run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...tarballs, ...others], project);
  writeFileSync(join(project, "smoke.ts"), program);
  const compilerOptions = {
    module: "nodenext",
    target: "es2024",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ["node"],
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["smoke.ts"] }));
  run(join(project, "node_modules/.bin/tsc"), ["-p", "."], project);
  process.stdout.write(run(process.execPath, ["smoke.ts"], project));
} finally {
  rmSync(project, { recursive: true, force: true });
}
