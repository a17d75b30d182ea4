import { Entity, EntityRegistry, ref } from "@minference/ecs";
import { openPostgres } from "@minference/storage-kysely/postgres";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import * as z from "zod";
import type { Contender, Place } from "./contender.ts";
import { databaseBytes } from "./database-bytes.ts";

class Message extends Entity.define("Message", { role: z.string(), content: z.string() }) {}
class Thread extends Entity.define("Thread", { name: z.string(), history: z.array(ref(() => Message)) }) {}

/** This project: entities, registered through a registry. */
export async function minference(place: Place): Promise<Contender> {
  const storage = await (place.kind === "SQLite" ? openSqlite(place.path) : openPostgres(place.url, { schema: place.schema }));
  const registry = new EntityRegistry(storage);
  let thread = new Thread({ name: "", history: [] });
  const message = (content: string): Message => new Message({ role: "user", content });
  return {
    name: "minference",
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
