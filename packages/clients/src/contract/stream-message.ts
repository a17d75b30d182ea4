import type { AssistantMessage } from "./message.ts";
import type { AssistantPart } from "./message-part.ts";
import type { StreamEvent, StreamPiece } from "./stream-event.ts";
import { toolCallFromText } from "./tool-call-arguments.ts";

/**
 * Adds up what was told of a stream so far to a message. Law: of all events of a request it makes the message of its response.
 */
export function messageOfStream(events: Iterable<StreamEvent>): AssistantMessage {
  const pieces = new Map<number, StreamPiece>();
  for (const event of events) {
    if (event.type === "started") pieces.clear();
    else if (event.type !== "ended") pieces.set(event.part, joined(pieces.get(event.part), event));
  }
  return { role: "assistant", parts: [...pieces].toSorted(([a], [b]) => a - b).map(([, piece]) => partOf(piece)) };
}

/** Two pieces of a part as one. Arguments stay text, since reading them anew with each piece would take ever longer. */
function joined(before: StreamPiece | undefined, piece: StreamPiece): StreamPiece {
  switch (piece.type) {
    case "text":
    case "refusal":
      return before?.type === piece.type ? { ...piece, text: before.text + piece.text } : piece;
    case "tool_call":
      return before?.type === "tool_call" ? { ...piece, argumentsText: before.argumentsText + piece.argumentsText } : piece;
    case "reasoning":
      return before?.type === "reasoning" ? { ...before, ...piece, text: before.text + piece.text } : piece;
  }
}

function partOf(given: StreamPiece): AssistantPart {
  const { part: _, ...piece } = given;
  if (piece.type !== "tool_call") return piece;
  const { type, id, name, argumentsText, arguments: read } = piece;
  return read === undefined ? toolCallFromText(id, name, argumentsText) : { type, id, name, arguments: read, argumentsText };
}

/** Tells a whole message as pieces, one for each part, as for an answer that came at once. */
export function piecesOf(message: AssistantMessage): StreamPiece[] {
  return message.parts.map((value, part) => {
    if (value.type !== "tool_call") return { ...value, part };
    const { type, id, name, argumentsText, arguments: read } = value;
    return { type, id, name, argumentsText, part, ...(read === undefined ? {} : { arguments: read }) };
  });
}
