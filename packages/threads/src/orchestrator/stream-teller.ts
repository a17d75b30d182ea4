import type { StreamEvent } from "@minference/clients";
import type { RunEventDetails } from "./run-event.ts";

/**
 * Tells of an answer while it is written, in the terms of a run. The first text begins with what the request opened the answer with, so that
 * the pieces of the last attempt add up to the answer that is stored.
 */
export class StreamTeller {
  readonly #opening: string;
  readonly #emit: (details: RunEventDetails) => void;
  #opened = false;

  constructor(opening: string, emit: (details: RunEventDetails) => void) {
    this.#opening = opening;
    this.#emit = emit;
  }

  tell(event: StreamEvent): void {
    switch (event.type) {
      case "started":
        this.#opened = false;
        return this.#emit({ type: "answer_started", attempt: event.attempt });
      case "ended":
        return this.#emit({ type: "answer_ended", finishReason: event.finishReason });
      case "text": {
        const text = this.#opened ? event.text : this.#opening + event.text;
        this.#opened = true;
        return this.#emit({ type: "text_delta", part: event.part, text });
      }
      case "reasoning":
        if (event.text !== "") this.#emit({ type: "reasoning_delta", part: event.part, text: event.text });
        return;
      case "refusal":
        return this.#emit({ type: "refusal_delta", part: event.part, text: event.text });
      case "tool_call": {
        const { argumentsText, id, name, part } = event;
        // The last piece of arguments that had to be mended says how they were read, not what the model wrote.
        if (event.arguments !== undefined && argumentsText === "") return;
        return this.#emit({ type: "tool_call_delta", part, toolCallId: id, toolName: name, argumentsText });
      }
    }
  }
}
