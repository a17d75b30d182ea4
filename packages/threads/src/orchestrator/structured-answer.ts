import { type AssistantMessage, textOf, toolCallsOf } from "@minference/clients";
import type { ThreadFormat } from "../formats/thread-format.ts";
import { GeneratedJsonObject } from "../output/generated-json-object.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { withGivenArguments } from "../tools/given-arguments.ts";
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

/**
 * Says what is wrong with the calls of a structured tool that the model had to call, where none of them fits its schema; null where one does, and
 * where no structured tool was forced.
 */
export function unfitCalls(
  message: AssistantMessage,
  thread: ChatThread,
  { callable, takesText }: Pick<ThreadFormat, "callable" | "takesText">,
  validator: JsonSchemaValidator,
): string | null {
  const [tool] = takesText ? [] : callable(thread);
  if (!(tool instanceof StructuredTool)) return null;
  const wrong = toolCallsOf(message).map((call) => {
    const { arguments: object, error, name } = withGivenArguments(call, [tool]);
    if (name !== tool.name) return `there is no tool named ${JSON.stringify(name)}`;
    return error ?? validator.errors(tool.jsonSchema, object).join("; ");
  });
  return wrong.includes("") ? null : `it does not fit the schema: ${wrong.join("; ")}`;
}
