import { join } from "node:path";
import { createChatClient } from "@minference/clients";
import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig, SystemPrompt } from "@minference/threads";
import * as z from "zod";
import { type Conversation, instructions, type Kept, maxTokens, model, questionOf, type Subject, tool, turns, type Work } from "../work.ts";

/** This project with its SQLite store, all threads at once; the client holds the number of requests at once. */
export const sqlite: Subject = async (work) => await converse(work, await openSqlite(join(work.directory, "minference.db")));

/** The same with its store in memory. */
export const memory: Subject = async (work) => await converse(work, new MemoryStorage());

async function converse({ baseUrl, threads, concurrency }: Work, storage: EntityStorage): Promise<Kept> {
  const registry = new EntityRegistry(storage);
  const client = createChatClient({ provider: "openai", apiKey: "benchmark", baseUrl, limits: { maxConcurrent: concurrency } });
  const callables = new CallableRegistry();
  const multiply = callables.register({
    name: tool.name,
    docstring: tool.description,
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.number(),
    run: ({ a, b }) => a * b,
  });
  const orchestrator = new InferenceOrchestrator({ registry, clients: { openai: client }, callables });
  const systemPrompt = new SystemPrompt({ name: "benchmark", content: instructions });
  const llmConfig = LLMConfig.create({ client: "openai", model, maxTokens, responseFormat: "auto_tools" });
  const all = Array.from({ length: threads }, () => ChatThread.create({ systemPrompt, llmConfig, tools: [multiply] }));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [index, thread] of all.entries()) thread.newMessage = questionOf(index, turn);
    for (const outcome of await orchestrator.runParallel(all)) {
      if (outcome.status !== "completed") throw new Error(`thread ${outcome.index} ${outcome.status}`, { cause: outcome });
    }
  }
  await client.close();
  return async () => {
    const reader = new EntityRegistry(storage);
    const conversations: Conversation[] = [];
    for (const { ecsId } of all) conversations.push(conversationOf(await reader.get(ChatThread, ecsId)));
    await storage.close();
    return conversations;
  };
}

function conversationOf({ history }: ChatThread): Conversation {
  return Array.from(history, ({ content, role, toolCalls }) => {
    if (role === "system") throw new Error("instructions in a conversation");
    return { role, content, calls: toolCalls.map((call) => ({ name: call.name, arguments: call.arguments })) };
  });
}
