// Takes threads and tools out as plain data and brings them back: a tool as JSON, a request without sending it, a whole history as lines.
import { EntityRegistry, exportHistory, importHistory } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableRegistry, CallableTool, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

export async function serialisation({ client, clients, model, print }: Setting): Promise<void> {
  const callables = new CallableRegistry();
  const roll = callables.register({
    name: "roll",
    docstring: "Rolls a die",
    input: z.object({ sides: z.int().min(2) }),
    output: z.int(),
    run: ({ sides }) => Math.ceil(sides / 2), // a fair die is no good in an example
  });

  // A tool is data, so it can be written and read; the function stays here and is found by its name.
  const text = JSON.stringify(roll);
  const { $type: _, ecsId: __, ...fields } = JSON.parse(text);
  const same = new CallableTool(fields);
  print(
    `tool: ${same.name}(${Object.keys(z.record(z.string(), z.unknown()).parse(same.inputSchema.properties)).join(", ")}), known here: ${callables.has(same.name)}`,
  );

  const thread = ChatThread.create({
    llmConfig: LLMConfig.create({ client, model, responseFormat: "auto_tools" }),
    tools: [same],
    newMessage: "Roll a die with 12 sides and tell me the result.",
  });
  const { messages, tools } = thread.toRequest(); // what would be sent
  print(`request: ${messages.length} message, tools: ${tools?.map(({ name }) => name).join(", ")}`);

  const registry = new EntityRegistry(new MemoryStorage());
  await new InferenceOrchestrator({ registry, clients, callables }).runParallel([thread]);
  for (const message of thread.history) {
    const { content, role, toolName } = message.toJSON();
    print(`message: ${JSON.stringify({ role, content, toolName })}`);
  }

  // All versions of the thread and of what they hold, one JSON document a line with a checksum at the end, into another store.
  const lines = await Array.fromAsync(exportHistory(registry.storage, thread.lineageId));
  const elsewhere = new EntityRegistry(new MemoryStorage(), { entities: [CallableTool] });
  const { imported } = await importHistory(elsewhere.storage, lines);
  const copy = await elsewhere.get(ChatThread, thread.ecsId);
  print(`history: ${lines.length} lines, ${imported} versions; the copy says: ${copy.lastAnswer?.content}`);
}
