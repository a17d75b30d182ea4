import { randomUUID } from "node:crypto";
import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, emptyCheckpoint, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import pg from "pg";
import type { Contender, Place } from "./contender.ts";
import { databaseBytes } from "./database-bytes.ts";

async function openSaver(place: Place): Promise<{ saver: BaseCheckpointSaver; close: () => Promise<void> }> {
  if (place.kind === "SQLite") {
    const saver = SqliteSaver.fromConnString(place.path);
    return { saver, close: async () => void saver.db.close() };
  }
  const pool = new pg.Pool({ connectionString: place.url });
  const saver = new PostgresSaver(pool, undefined, { schema: place.schema });
  await saver.setup();
  return { saver, close: () => pool.end() };
}

function texts(messages: unknown): string[] {
  return Array.isArray(messages) ? messages.map((message: BaseMessage) => message.text) : [];
}

/** LangGraph.js: a graph with the message state of its documentation, edited by `updateState`. */
export async function langGraph(place: Place): Promise<Contender> {
  const { saver, close } = await openSaver(place);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("chat", () => ({ messages: [] }))
    .addEdge(START, "chat")
    .compile({ checkpointer: saver });
  let config = { configurable: { thread_id: "" } };
  const message = (content: string): BaseMessage => new HumanMessage({ content, id: randomUUID() });
  return {
    name: "LangGraph updateState",
    async createThread(contents) {
      config = { configurable: { thread_id: randomUUID() } };
      await graph.updateState(config, { messages: contents.map(message) }, "chat");
    },
    async append(text) {
      await graph.updateState(config, { messages: [message(text)] }, "chat");
    },
    async load() {
      return texts((await graph.getState(config)).values["messages"]);
    },
    async listVersions() {
      return (await Array.fromAsync(graph.getStateHistory(config))).length;
    },
    storeMany: null,
    bytes: () => databaseBytes(place),
    close,
  };
}

/** LangGraph.js without its graphs: a checkpoint with all messages, handed to the saver. */
export async function langGraphSaver(place: Place): Promise<Contender> {
  const { saver, close } = await openSaver(place);
  let thread = "";
  let messages: BaseMessage[] = [];
  let version = 0;
  const put = async (): Promise<void> => {
    version += 1;
    const checkpoint = { ...emptyCheckpoint(), channel_values: { messages }, channel_versions: { messages: version } };
    const config = { configurable: { thread_id: thread, checkpoint_ns: "" } };
    await saver.put(config, checkpoint, { source: "update", step: version, parents: {} }, { messages: version });
  };
  const message = (content: string): BaseMessage => new HumanMessage({ content, id: randomUUID() });
  return {
    name: "LangGraph saver.put",
    async createThread(contents) {
      thread = randomUUID();
      messages = contents.map(message);
      await put();
    },
    async append(text) {
      messages = [...messages, message(text)];
      await put();
    },
    async load() {
      const tuple = await saver.getTuple({ configurable: { thread_id: thread, checkpoint_ns: "" } });
      return texts(tuple?.checkpoint.channel_values["messages"]);
    },
    async listVersions() {
      return (await Array.fromAsync(saver.list({ configurable: { thread_id: thread, checkpoint_ns: "" } }))).length;
    },
    storeMany: null,
    bytes: () => databaseBytes(place),
    close,
  };
}
