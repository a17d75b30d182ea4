// Takes threads and tools out as plain data and brings them back: as JSON, as the messages of a provider's API, and with all their versions.
import { messagesFromDicts, messagesToDicts } from "@minference/clients";
import { EntityRegistry, exportHistory, importHistory } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableRegistry, CallableTool, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

export async function serialisation({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const callables = new CallableRegistry();
  const roll = callables.register({
    name: "roll",
    docstring: "Rolls a die",
    input: z.object({ sides: z.int().min(2) }),
    output: z.int(),
    run: ({ sides }) => Math.ceil(sides / 2), // a fair die is no good in an example
  });

  // A tool is data, so it can be written and read; its function stays here and is found by name.
  const tool = CallableTool.fromJSON(JSON.parse(JSON.stringify(roll)));
  print(`tool: ${callables.info(tool.name).signature}`);

  const registry = new EntityRegistry(new MemoryStorage());
  const thread = ChatThread.create({
    llmConfig: LLMConfig.create({ client, model, responseFormat: "auto_tools" }),
    tools: [tool],
    newMessage: "Roll a die with 12 sides and tell me the result.",
  });
  const [outcome] = await new InferenceOrchestrator({ registry, clients, callables }).runParallel([thread]);
  if (outcome?.status !== "completed") {
    print(answerOf(outcome));
    return;
  }

  // The thread as it is now, with all it holds, in one JSON document; read as a new thread, to be edited or run anywhere.
  const document = JSON.stringify(thread);
  const copy = ChatThread.fromJSON(JSON.parse(document));
  print(`thread: ${copy.history.length} messages, the last: ${copy.lastAnswer?.content}`);

  // What would be sent, without sending it, as OpenAI's API has it.
  const dicts = messagesToDicts("openai", copy.toRequest().messages);
  for (const { content = null, role = null } of dicts) print(`message: ${JSON.stringify(role)} ${JSON.stringify(content)}`);
  print(`read back: ${messagesFromDicts("openai", dicts).length} messages`);

  // All versions of the thread and of what they hold, a JSON document a line with a checksum at the end, into another store.
  const lines = await Array.fromAsync(exportHistory(registry.storage, thread.lineageId));
  const elsewhere = new EntityRegistry(new MemoryStorage());
  const { imported } = await importHistory(elsewhere.storage, lines);
  const same = await elsewhere.get(ChatThread, thread.ecsId);
  print(`history: ${imported} versions in ${lines.length} lines; the same version says: ${same.lastAnswer?.content}`);
}
