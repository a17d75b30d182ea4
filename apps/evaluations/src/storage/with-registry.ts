import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableTool, StructuredTool } from "@minference/threads";

/** Opens a store by its location: `sqlite:FILE`, a Postgres URL, also with `postgres:` before it, or `memory:`. */
async function openStorage(location: string): Promise<EntityStorage> {
  if (location === "memory:") return new MemoryStorage();
  if (location.startsWith("sqlite:"))
    return (await import("@minference/storage-kysely/sqlite")).openSqlite(location.slice("sqlite:".length));
  const url = location.replace(/^postgres:(?=postgres)/, "");
  if (/^postgres(ql)?:\/\//.test(url)) return (await import("@minference/storage-kysely/postgres")).openPostgres(url);
  throw new TypeError("--storage has to be sqlite:FILE, postgres://… or memory:");
}

/** Opens a store, hands a registry over, and lets go of both. */
export async function withRegistry<Result>(location: string, work: (registry: EntityRegistry) => Promise<Result>): Promise<Result> {
  const registry = new EntityRegistry(await openStorage(location), { entities: [CallableTool, StructuredTool] });
  try {
    return await work(registry);
  } finally {
    await registry.close();
  }
}
