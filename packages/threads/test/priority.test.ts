import { createChatClient } from "@minference/clients";
import { startSimulatedProvider } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { expect, test } from "vitest";
import * as z from "zod";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig } from "../src/index.ts";

test("conversations that were begun are finished before others are begun", async () => {
  const turns = 4;
  const server = await startSimulatedProvider({
    script: ({ request }) =>
      request.messages.filter((message) => message.role === "tool").length < turns - 1
        ? { toolCalls: [{ name: "next", arguments: {} }] }
        : { text: "done" },
  });
  const limits = { requestsPerMinute: 600_000, maxConcurrent: 4 };
  const client = createChatClient({ provider: "openai", apiKey: "k", baseUrl: server.openaiBaseUrl, limits });
  const callables = new CallableRegistry();
  const next = callables.register({ name: "next", docstring: "Goes on", input: z.object({}), output: z.string(), run: () => "on" });
  const llmConfig = LLMConfig.create({ client: "openai", model: "m", responseFormat: "auto_tools" });
  const threads = Array.from({ length: 60 }, () => ChatThread.create({ llmConfig, tools: [next], newMessage: "go" }));
  const orchestrator = new InferenceOrchestrator({
    registry: new EntityRegistry(new MemoryStorage()),
    clients: { openai: client },
    callables,
  });
  let sent = 0;
  const finishedAfter: number[] = [];
  await orchestrator.runParallel(threads, {
    onEvent: (event) => {
      if (event.type === "request_sent") sent += 1;
      if (event.type === "thread_finished") finishedAfter.push(sent);
    },
  });
  await client.close();
  await server.close();
  expect(sent).toBe(60 * turns);
  // One at a time would finish the first after 4 requests and the thirtieth after 120; all first steps first, after 181 and 210.
  expect(finishedAfter[0]).toBeLessThan(60);
  expect(finishedAfter[29]).toBeLessThan(170);
});
