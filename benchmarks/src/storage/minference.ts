import { Entity, EntityRegistry, ref } from "@minference/ecs";
import { openPostgres } from "@minference/storage-kysely/postgres";
import { openSqlite, type SqliteOptions } from "@minference/storage-kysely/sqlite";
import * as z from "zod";
import { type Contender, type Place, unsynced } from "./contender.ts";
import { databaseBytes } from "./database-bytes.ts";

class Message extends Entity.define("Message", { role: z.string(), content: z.string() }) {}
class Thread extends Entity.define("Thread", { name: z.string(), history: z.array(ref(() => Message)) }) {}

/** This project: entities, registered through a registry. */
export function minference(place: Place): Promise<Contender> {
  return contender("minference", place, {});
}

/** The same, with commits that outlive the process but wait for no disk: what LangGraph's SQLite saver leaves them at. */
export function minferenceUnsynced(place: Place): Promise<Contender> {
  return contender(unsynced, place, { synchronous: "normal" });
}

async function contender(name: string, place: Place, options: SqliteOptions): Promise<Contender> {
  const storage = await (place.kind === "SQLite" ? openSqlite(place.path, options) : openPostgres(place.url, { schema: place.schema }));
  const registry = new EntityRegistry(storage);
  let thread = new Thread({ name: "", history: [] });
  const message = (content: string): Message => new Message({ role: "user", content });
  return {
    name,
    async createThread(texts) {
      thread = new Thread({ name: "benchmark", history: texts.map(message) });
      await registry.register(thread);
    },
    async append(text) {
      thread.history.push(message(text));
      await registry.register(thread);
    },
    async load() {
      const loaded = await new EntityRegistry(storage).get(Thread, thread.ecsId);
      return Array.from(loaded.history, ({ content }) => content);
    },
    async listVersions() {
      return (await storage.lineage(thread.lineageId)).length;
    },
    async storeMany(texts) {
      await registry.register(texts.map(message));
    },
    bytes: () => databaseBytes(place),
    close: () => storage.close(),
  };
}
