import { createParser } from "eventsource-parser";
import { systemClock } from "../clock/clock.ts";
import { longestAnswer, tooLong } from "./bounded-text.ts";

/** One event of a stream, as the server named and wrote it. */
export interface ServerSentEvent {
  readonly event: string | null;
  readonly data: string;
}

/** The longest event that is waited for to end, in UTF-16 units. */
const longestEvent = longestAnswer;

/** How long the end of a body may take after the last event that matters, in milliseconds. */
const longestEnd = 1000;

/**
 * Reads a body as server-sent events, however it is split, until `over` tells that the latest was the last that matters. Lines that are no
 * part of an event are passed over. Rejects when the connection breaks, the signal aborts or more came than any answer has; ends the
 * connection when left early.
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  over: () => boolean = () => false,
): AsyncGenerator<ServerSentEvent, void> {
  const ready: ServerSentEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void ready.push({ event: event ?? null, data }),
    maxBufferSize: longestEvent,
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      length += value?.length ?? 0;
      if (length > longestAnswer) throw tooLong();
      // What has no blank line behind it at the end is an event too: the last one of servers that leave it out.
      parser.feed(done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true }));
      for (const event of ready.splice(0)) {
        yield event;
        if (over()) return;
      }
      if (done) return;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    if (over()) void readToEnd(reader, cancel);
    else cancel();
  }
}

/** Reads what is left, so that the connection can be used again: one that is cut off has to be made anew. Never rejects. */
async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>, cancel: () => void): Promise<void> {
  const callOff = systemClock.after(longestEnd, cancel);
  try {
    while (!(await reader.read()).done);
  } catch {
    // The answer is there: how the connection ends makes no difference to it.
  } finally {
    callOff();
  }
}
