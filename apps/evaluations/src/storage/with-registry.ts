import { access } from "node:fs/promises";
import { CommandError, usageError } from "@minference/command-line";
import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableTool, StructuredTool } from "@minference/threads";
import { reading } from "../reading.ts";

/** Opens a store by its location: `sqlite:FILE`, a Postgres URL, also with `postgres:` before it, or `memory:`. */
async function openStorage(location: string, readonly: boolean): Promise<EntityStorage> {
  if (location === "memory:") {
    if (readonly) throw new CommandError("memory: keeps nothing between two commands; name a database with --storage");
    return new MemoryStorage();
  }
  if (location.startsWith("sqlite:")) {
    const path = location.slice("sqlite:".length);
    if (readonly) await reading(path, () => access(path));
    return (await import("@minference/storage-kysely/sqlite")).openSqlite(path, { readonly });
  }
  const url = location.replace(/^postgres:(?=postgres)/, "");
  if (/^postgres(ql)?:\/\//.test(url)) return (await import("@minference/storage-kysely/postgres")).openPostgres(url);
  throw usageError("--storage has to be sqlite:FILE, postgres://… or memory:");
}

/** Opens a store, makes it where there is none, hands a registry over, and lets go of both. */
export async function withRegistry<Result>(location: string, work: (registry: EntityRegistry) => Promise<Result>): Promise<Result> {
  return handOver(await openStorage(location, false), work);
}

/** As {@link withRegistry}, to read from a store that has to be there. */
export async function withStoredRegistry<Result>(location: string, work: (registry: EntityRegistry) => Promise<Result>): Promise<Result> {
  return handOver(await openStorage(location, true), work);
}

async function handOver<Result>(storage: EntityStorage, work: (registry: EntityRegistry) => Promise<Result>): Promise<Result> {
  const registry = new EntityRegistry(storage, { entities: [CallableTool, StructuredTool] });
  try {
    return await work(registry);
  } finally {
    await registry.close();
  }
}
