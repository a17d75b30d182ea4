import { randomUUID } from "node:crypto";
import { Collection, EntitySchema } from "@mikro-orm/core";
import { MikroORM as PostgresOrm } from "@mikro-orm/postgresql";
import { MikroORM as SqliteOrm } from "@mikro-orm/sqlite";
import type { Contender, Place } from "./contender.ts";
import { databaseBytes } from "./database-bytes.ts";

class ThreadRow {
  id = randomUUID() as string;
  name = "benchmark";
  messages = new Collection<MessageRow>(this);
}

class MessageRow {
  id = randomUUID() as string;
  position = 0;
  role = "user";
  content = "";
  thread: ThreadRow | null = null;
}

const threadSchema = new EntitySchema<ThreadRow>({
  class: ThreadRow,
  tableName: "thread",
  properties: {
    id: { type: "uuid", primary: true },
    name: { type: "text" },
    messages: { kind: "1:m", entity: () => MessageRow, mappedBy: "thread", orderBy: { position: "asc" } },
  },
});

const messageSchema = new EntitySchema<MessageRow>({
  class: MessageRow,
  tableName: "message",
  properties: {
    id: { type: "uuid", primary: true },
    position: { type: "integer" },
    role: { type: "text" },
    content: { type: "text" },
    thread: { kind: "m:1", entity: () => ThreadRow, nullable: true, index: true },
  },
});

/** MikroORM: a row a message, the present state alone. */
export async function mikroOrm(place: Place): Promise<Contender> {
  const entities = [threadSchema, messageSchema];
  const orm =
    place.kind === "SQLite"
      ? await SqliteOrm.init({ dbName: place.path, entities })
      : await PostgresOrm.init({ clientUrl: place.url, schema: place.schema, entities });
  await orm.schema.create();
  let em = orm.em.fork();
  let thread = new ThreadRow();
  const add = (content: string): void => {
    const message = Object.assign(new MessageRow(), { content, position: thread.messages.length });
    thread.messages.add(message);
  };
  return {
    name: "MikroORM",
    async createThread(texts) {
      em = orm.em.fork();
      thread = new ThreadRow();
      em.persist(thread);
      for (const text of texts) add(text);
      await em.flush();
    },
    async append(text) {
      add(text);
      await em.flush();
    },
    async load() {
      const loaded = await orm.em.fork().findOneOrFail(ThreadRow, { id: thread.id }, { populate: ["messages"] });
      return loaded.messages.getItems().map(({ content }) => content);
    },
    listVersions: async () => null,
    async storeMany(texts) {
      const fork = orm.em.fork();
      for (const content of texts) fork.persist(Object.assign(new MessageRow(), { content }));
      await fork.flush();
    },
    bytes: () => databaseBytes(place),
    close: () => orm.close(),
  };
}
