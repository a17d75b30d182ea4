import { createParser } from "eventsource-parser";
import { longestAnswer, tooLong } from "./bounded-text.ts";

/** One event of a stream, as the server named and wrote it. */
export interface ServerSentEvent {
  readonly event: string | null;
  readonly data: string;
}

/** The longest event that is waited for to end, in UTF-16 units. */
const longestEvent = longestAnswer;

/**
 * Reads a body as server-sent events, however it is split. Lines that are no part of an event are passed over. Rejects when the
 * connection breaks, the signal aborts or more came than any answer has; ends the connection when left early.
 */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<ServerSentEvent, void> {
  const ready: ServerSentEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void ready.push({ event: event ?? null, data }),
    maxBufferSize: longestEvent,
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      length += value?.length ?? 0;
      if (length > longestAnswer) throw tooLong();
      // What has no blank line behind it at the end is an event too: the last one of servers that leave it out.
      parser.feed(done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true }));
      yield* ready.splice(0);
      if (done) return;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
