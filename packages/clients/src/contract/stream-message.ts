import type { AssistantMessage } from "./message.ts";
import type { AssistantPart, ReasoningPart } from "./message-part.ts";
import type { StreamEvent, StreamPiece } from "./stream-event.ts";
import { toolCallFromText } from "./tool-call-arguments.ts";

/**
 * Adds up what was told of a stream so far to a message. Law: of all events of a request it makes the message of its response.
 */
export function messageOfStream(events: Iterable<StreamEvent>): AssistantMessage {
  const parts = new Map<number, AssistantPart>();
  for (const event of events) {
    if (event.type === "started") parts.clear();
    else if (event.type !== "ended") parts.set(event.part, add(parts.get(event.part), event));
  }
  return { role: "assistant", parts: [...parts].toSorted(([a], [b]) => a - b).map(([, part]) => part) };
}

function add(before: AssistantPart | undefined, piece: StreamPiece): AssistantPart {
  switch (piece.type) {
    case "text":
    case "refusal":
      return { type: piece.type, text: (before?.type === piece.type ? before.text : "") + piece.text };
    case "tool_call": {
      const { type, id, name, arguments: read } = piece;
      const argumentsText = (before?.type === "tool_call" ? before.argumentsText : "") + piece.argumentsText;
      return read === undefined ? toolCallFromText(id, name, argumentsText) : { type, id, name, arguments: read, argumentsText };
    }
    case "reasoning": {
      const known: Pick<ReasoningPart, "text" | "signature" | "opaque"> = before?.type === "reasoning" ? before : { text: "" };
      const { type, wire, text, signature = known.signature, opaque = known.opaque } = piece;
      const given = { ...(signature === undefined ? {} : { signature }), ...(opaque === undefined ? {} : { opaque }) };
      return { type, text: known.text + text, wire, ...given };
    }
  }
}

/** Tells a whole message as pieces, one for each part, as for an answer that came at once. */
export function piecesOf(message: AssistantMessage): StreamPiece[] {
  return message.parts.map((value, part) => {
    if (value.type !== "tool_call") return { ...value, part };
    const { type, id, name, argumentsText, arguments: read } = value;
    return { type, id, name, argumentsText, part, ...(read === undefined ? {} : { arguments: read }) };
  });
}
