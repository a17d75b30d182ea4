import { type AssistantMessage, type ChatRequest, type ChatResponse, textOf, toolCallsOf } from "@minference/clients";
import type { ModelPrice } from "../budget/model-price.ts";
import type { Reservation } from "../budget/reservation.ts";
import type { ThreadError } from "../errors/thread-error.ts";
import { GeneratedJsonObject } from "../output/generated-json-object.ts";
import { ProcessedOutput } from "../output/processed-output.ts";
import { type OutputOrigin, RawOutput } from "../output/raw-output.ts";
import { withGivenArguments } from "../tools/given-arguments.ts";
import type { JsonSchemaValidator } from "../tools/json-schema-validator.ts";
import { StructuredTool } from "../tools/structured-tool.ts";
import type { Tool } from "../tools/tool.ts";
import { Usage } from "../usage/usage.ts";

/** What is kept of an answer beside the message it became. */
export interface KeptAnswer {
  readonly output: ProcessedOutput;
  readonly usage: Usage;
}

/** What came back for a request. */
export interface ReceivedAnswer {
  readonly request: ChatRequest;
  readonly response: ChatResponse;
  readonly origin: OutputOrigin;
  /** What the model costs; null where that is not known. */
  readonly price: ModelPrice | null;
  /** What was reserved for the request. */
  readonly reserved: Reservation | null;
  /** The answer, together with what the request began it with. */
  readonly message: AssistantMessage;
  /** Why it is no answer; null when it is one. */
  readonly failure: ThreadError | null;
  /** The object that its text is; null where it is none. */
  readonly object: GeneratedJsonObject | null;
}

function calledObject(message: AssistantMessage, tools: readonly Tool[], validator: JsonSchemaValidator): GeneratedJsonObject | null {
  for (const called of toolCallsOf(message)) {
    const call = withGivenArguments(called, tools);
    const tool = tools.find((candidate) => candidate.name === call.name);
    if (call.error !== undefined || !(tool instanceof StructuredTool)) continue;
    if (validator.errors(tool.jsonSchema, call.arguments).length > 0) continue;
    return new GeneratedJsonObject({ name: tool.name, object: call.arguments, toolCallId: call.id });
  }
  return null;
}

/** Makes the entities that keep what came back, whether it is an answer or not. */
export function keepAnswer(received: ReceivedAnswer, tools: readonly Tool[], validator: JsonSchemaValidator): KeptAnswer {
  const { failure, message, object, origin, price, request, reserved, response } = received;
  const rawOutput = RawOutput.fromResponse(request, response, origin);
  const { chatThreadId, client, runId } = origin;
  const kept = response.attempts === 0;
  const usage = Usage.fromAnswer(response.model, response.usage, { chatThreadId, client, runId, price, kept, reserved });
  const text = textOf(message);
  const output = new ProcessedOutput({
    content: text === "" ? null : text,
    jsonObject: failure === null ? (object ?? calledObject(message, tools, validator)) : null,
    usage,
    error: failure?.message ?? null,
    timeTaken: rawOutput.timeTaken,
    llmClient: client,
    rawOutput,
    chatThreadId,
    chatThreadLiveId: origin.chatThreadLiveId,
    runId,
  });
  return { output, usage };
}
