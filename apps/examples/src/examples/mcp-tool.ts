// Takes tools from an MCP server, here a program that is started for it, and offers them to a model beside a function of one's own.
import { fileURLToPath } from "node:url";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import { connectMcpServer } from "@minference/threads/mcp";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

const program = fileURLToPath(new URL("../mcp-server/library.ts", import.meta.url));

export async function mcpTool({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const callables = new CallableRegistry();
  const library = await connectMcpServer({ name: "library", connection: { command: process.execPath, args: [program] } });
  // A server elsewhere: connection: { url: "https://…/mcp", headers: { authorization: "Bearer …" } }
  const tools = await library.registerTools(callables, {
    settings: (tool) => ({ idempotent: tool === "find", timeoutMs: 10_000, approval: tool === "borrow" }),
  });
  const shelfFloor = callables.register({
    name: "shelf_floor",
    docstring: "Tells on which floor a shelf is",
    input: z.object({ shelf: z.string() }),
    output: z.int(),
    run: ({ shelf }) => (shelf < "M" ? 1 : 2),
  });
  print(`tools: ${[...tools, shelfFloor].map(({ name }) => name).join(", ")}`);

  const thread = ChatThread.create({
    llmConfig: LLMConfig.create({ client, model, responseFormat: "auto_tools" }),
    tools: [...tools, shelfFloor],
    newMessage: "Which books by George Eliot are there, and on which floor? Borrow Middlemarch for me.",
  });
  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients, callables });
  const [outcome] = await orchestrator.runParallel([thread], {
    askApproval({ call }) {
      print(`asked whether ${call.name}${call.argumentsText} may run: yes`);
      return "approve";
    },
  });
  for (const { content, role, toolName } of thread.history) if (role === "tool") print(`${toolName}: ${content.replaceAll("\n", " ")}`);
  print(answerOf(outcome));
  await library.close();
}
