import type { StreamPiece } from "../contract/stream-event.ts";
import { isJsonObject, readJson } from "../wire/read-json.ts";
import { serverSentEvents } from "../wire/server-sent-events.ts";
import { type AnswerStream, UnreadableAnswerError, type WireError } from "../wire/transport.ts";

/** Marks the end of a stream of chat completions. */
const endMark = "[DONE]";

/**
 * Reads a stream to the end of the answer and tells each piece. Resolves with the error the provider told of in the middle, or with null. Throws
 * `UnreadableAnswerError`, what the connection broke with, or what `tell` threw.
 */
export async function readStream(
  body: ReadableStream<Uint8Array>,
  stream: AnswerStream,
  signal: AbortSignal,
  tell: (piece: StreamPiece) => Promise<void>,
): Promise<WireError | null> {
  let over = false;
  for await (const { data } of serverSentEvents(body, signal, () => over)) {
    over = data.trim() === endMark;
    if (over || data === "") continue;
    const event = readJson(data);
    if (!isJsonObject(event)) throw new UnreadableAnswerError("An event of the stream is not a JSON object.");
    const taken = stream.take(event);
    if ("kind" in taken) return taken;
    for (const piece of taken) await tell(piece);
    over = stream.complete;
  }
  return null;
}
