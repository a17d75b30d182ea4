import type { JsonObject } from "../../contract/json.ts";
import { inPieces } from "../in-pieces.ts";
import type { CompleteAnswer } from "../simulated-wire.ts";
import { stopReasons, usageOf } from "./anthropic-answer.ts";

/** Writes one event of the wire. */
export function eventOf(data: JsonObject & { readonly type: string }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Writes an answer as the events of a streamed message. Source: https://docs.anthropic.com/en/api/messages-streaming */
export function anthropicStream(id: string, model: string, answer: CompleteAnswer): string[] {
  const usage = usageOf(answer);
  const message = {
    id: `sim_msg_${id}`,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const blocks = [
    ...(answer.reasoning === "" ? [] : [thinkingEvents(answer.reasoning, `sim_${id}`)]),
    ...(answer.text === "" ? [] : [textEvents(answer.text)]),
    ...answer.toolCalls.map(toolEvents),
  ];
  return [
    eventOf({ type: "message_start", message }),
    eventOf({ type: "ping" }),
    ...blocks.flatMap((events, index) => events.map(({ type, ...rest }) => eventOf({ type, index, ...rest }))),
    eventOf({
      type: "message_delta",
      delta: { stop_reason: stopReasons[answer.finishReason], stop_sequence: null },
      usage: { output_tokens: answer.outputTokens },
    }),
    eventOf({ type: "message_stop" }),
  ];
}

type BlockEvent = JsonObject & { readonly type: string };

function block(start: JsonObject, deltas: readonly JsonObject[]): BlockEvent[] {
  return [
    { type: "content_block_start", content_block: start },
    ...deltas.map((delta) => ({ type: "content_block_delta", delta })),
    { type: "content_block_stop" },
  ];
}

function thinkingEvents(reasoning: string, signature: string): BlockEvent[] {
  const thoughts = inPieces(reasoning).map((thinking) => ({ type: "thinking_delta", thinking }));
  return block({ type: "thinking", thinking: "", signature: "" }, [...thoughts, { type: "signature_delta", signature }]);
}

function textEvents(text: string): BlockEvent[] {
  return block(
    { type: "text", text: "" },
    inPieces(text).map((piece) => ({ type: "text_delta", text: piece })),
  );
}

function toolEvents({ id, name, argumentsText }: CompleteAnswer["toolCalls"][number]): BlockEvent[] {
  const pieces = ["", ...inPieces(argumentsText)];
  return block(
    { type: "tool_use", id, name, input: {} },
    pieces.map((piece) => ({ type: "input_json_delta", partial_json: piece })),
  );
}
