import type { ChatClient } from "@minference/clients";
import { ThreadError } from "../errors/thread-error.ts";
import { formatOf } from "../formats/format-of.ts";
import type { ThreadFormat } from "../formats/thread-format.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { StructuredTool } from "../tools/structured-tool.ts";
import type { RunEnvironment } from "./run-environment.ts";

/** Whom a thread asks, and for what. */
export interface CheckedThread {
  readonly client: ChatClient;
  readonly format: ThreadFormat;
}

/** Refuses a thread that can't be run, before anything is paid for: throws what {@link ChatThread.check} throws, `unknown_client`, `unbound_tool`. */
export function checkThread(thread: ChatThread, environment: RunEnvironment): CheckedThread {
  const client = clientOf(thread, environment);
  thread.check(client.provider);
  const format = formatOf(thread.llmConfig.responseFormat);
  checkTools(thread, format, environment);
  return { client, format };
}

function clientOf(thread: ChatThread, { clients }: RunEnvironment): ChatClient {
  const name = thread.llmConfig.client;
  const client = clients.get(name);
  if (client !== undefined) return client;
  throw new ThreadError(
    "unknown_client",
    `the orchestrator has no client ${JSON.stringify(name)}; it has: ${[...clients.keys()].join(", ") || "none"}`,
  );
}

/** Refuses tools that could not run and schemas that can't be checked. */
function checkTools(thread: ChatThread, format: ThreadFormat, { callables, validator }: RunEnvironment): void {
  const { forcedOutput } = thread;
  const schemaOfAnswer = format.read !== null && forcedOutput instanceof StructuredTool ? [forcedOutput] : [];
  for (const tool of [...format.ahead(thread), ...schemaOfAnswer]) {
    if (tool instanceof StructuredTool) validator.errors(tool.jsonSchema, {});
    else if (!callables.has(tool.name)) {
      throw new ThreadError(
        "unbound_tool",
        `no function is registered for the tool ${tool.name}: register it in the orchestrator's callables`,
      );
    }
  }
}
