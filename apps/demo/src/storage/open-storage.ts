import { access } from "node:fs/promises";
import { CommandError, systemReason } from "@minference/command-line";
import type { EntityStorage } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import type { StorageLocation } from "./storage-location.ts";

// Drivers are loaded when they are needed: a run with SQLite does not wait for that of Postgres.
const loadSqlite = () => import("@minference/storage-kysely/sqlite");
const loadPostgres = () => import("@minference/storage-kysely/postgres");

/** Opens the store a run writes to, and makes it where there is none. Rejects with a `StorageError` when it can't be used. */
export async function openStorage(location: StorageLocation): Promise<EntityStorage> {
  switch (location.kind) {
    case "memory":
      return new MemoryStorage();
    case "sqlite":
      return (await loadSqlite()).openSqlite(location.path);
    case "postgres":
      return (await loadPostgres()).openPostgres(location.url);
  }
}

/** Opens a store that has to be there. Rejects with a `CommandError` when there is none. */
export async function openStoredConversations(location: StorageLocation, options: { readonly readonly: boolean }): Promise<EntityStorage> {
  if (location.kind === "memory") throw new CommandError("memory: keeps nothing between two commands; name a database with --storage");
  if (location.kind === "postgres") return openStorage(location);
  try {
    await access(location.path);
  } catch (cause) {
    throw new CommandError(`Can't open ${location.path}: ${systemReason(cause)}; pnpm demo makes a database, --storage names another`, {
      cause,
    });
  }
  return (await loadSqlite()).openSqlite(location.path, options);
}
