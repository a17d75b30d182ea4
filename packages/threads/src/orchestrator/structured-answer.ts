import { type AssistantMessage, textOf, toolCallsOf } from "@minference/clients";
import type { ThreadFormat } from "../formats/thread-format.ts";
import { GeneratedJsonObject } from "../output/generated-json-object.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { JsonSchemaValidator } from "../tools/json-schema-validator.ts";
import { StructuredTool } from "../tools/structured-tool.ts";

/** The object an answer is, or what is wrong with it. */
export type StructuredAnswer = { readonly object: GeneratedJsonObject } | { readonly wrong: string };

/**
 * Reads the object of an answer in a format that is one, and checks it by the schema of the thread's structured tool, where there is one.
 * Null in other formats.
 */
export function structuredAnswer(
  message: AssistantMessage,
  thread: ChatThread,
  { read }: ThreadFormat,
  validator: JsonSchemaValidator,
): StructuredAnswer | null {
  if (read === null || toolCallsOf(message).length > 0) return null;
  const reading = read(textOf(message));
  if ("error" in reading) return { wrong: reading.error };
  const { forcedOutput, llmConfig } = thread;
  const tool = forcedOutput instanceof StructuredTool ? forcedOutput : null;
  const wrong = tool === null ? [] : validator.errors(tool.jsonSchema, reading.value);
  if (wrong.length > 0) return { wrong: `it does not fit the schema: ${wrong.join("; ")}` };
  return { object: new GeneratedJsonObject({ name: tool?.name ?? llmConfig.responseFormat, object: reading.value }) };
}
