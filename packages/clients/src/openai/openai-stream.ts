import { z } from "zod";
import type { JsonObject, JsonValue } from "../contract/json.ts";
import type { StreamPiece } from "../contract/stream-event.ts";
import { CallIds } from "../wire/call-ids.ts";
import { jsonAsIs } from "../wire/read-json.ts";
import { type AnswerStream, UnreadableAnswerError, type WireError } from "../wire/transport.ts";
import { openaiErrorWithin } from "./from-openai-error.ts";

const callSchema = z.object({
  index: z.int().min(0).nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const deltaSchema = z.object({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  reasoning: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning_details: z.array(jsonAsIs).nullish(),
  tool_calls: z.array(callSchema).nullish(),
});

const chunkSchema = z.object({
  choices: z.array(z.object({ index: z.number().nullish(), delta: deltaSchema.nullish(), finish_reason: z.string().nullish() })).nullish(),
});

type Delta = z.output<typeof deltaSchema>;
type CallPiece = z.output<typeof callSchema>;

interface Call {
  /** As the server gave it when the call started; empty where it gave none. */
  readonly givenId: string;
  id: string;
  name: string;
  argumentsText: string;
}

/** The places of the parts in a message: reasoning, text, refusal, then the calls. */
const places = { reasoning: 0, text: 1, refusal: 2, calls: 3 } as const;

/**
 * Puts a streamed chat completion together.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat-streaming
 */
export class OpenaiStream implements AnswerStream {
  /** The mark at the end is no event. */
  readonly complete = false;
  readonly #head = new Map<string, JsonValue>();
  readonly #calls = new Map<number, Call>();
  /** The places of calls whose index was another's, by that index. */
  readonly #moved = new Map<number, number>();
  #latest = -1;
  readonly #ids = new CallIds();
  readonly #details: JsonValue[] = [];
  #text = "";
  #refusal = "";
  #reasoning = "";
  #finishReason: string | null = null;

  get ended(): boolean {
    return this.#finishReason !== null;
  }

  take(data: JsonObject): readonly StreamPiece[] | WireError {
    const error = openaiErrorWithin(data);
    if (error !== null) return error;
    const parsed = chunkSchema.safeParse(data);
    if (!parsed.success) throw new UnreadableAnswerError(z.prettifyError(parsed.error));
    for (const [name, value] of Object.entries(data)) if (name !== "choices" && value !== null) this.#head.set(name, value);
    const pieces: StreamPiece[] = [];
    for (const { index, delta, finish_reason: reason } of parsed.data.choices ?? []) {
      if ((index ?? 0) !== 0) continue;
      if (reason != null) this.#finishReason = reason;
      if (delta != null) pieces.push(...this.#add(delta));
    }
    return pieces;
  }

  body(): JsonObject {
    const calls = [...this.#calls].toSorted(([a], [b]) => a - b);
    const message: Record<string, JsonValue> = { role: "assistant", content: this.#text === "" ? null : this.#text };
    if (this.#refusal !== "") message.refusal = this.#refusal;
    if (this.#reasoning !== "") message.reasoning = this.#reasoning;
    if (this.#details.length > 0) message.reasoning_details = this.#details;
    if (calls.length > 0) {
      message.tool_calls = calls.map(([, { id, name, argumentsText }]) => ({
        id,
        type: "function",
        function: { name, arguments: argumentsText },
      }));
    }
    return {
      ...Object.fromEntries(this.#head),
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: this.#finishReason }],
    };
  }

  #add(delta: Delta): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    const thought = delta.reasoning ?? delta.reasoning_content ?? "";
    const details = delta.reasoning_details ?? [];
    if (thought !== "" || details.length > 0) {
      this.#reasoning += thought;
      this.#details.push(...details);
      const opaque = this.#details.length === 0 ? {} : { opaque: [...this.#details] };
      pieces.push({ type: "reasoning", part: places.reasoning, wire: "openai", text: thought, ...opaque });
    }
    if (delta.content != null && delta.content !== "") {
      this.#text += delta.content;
      pieces.push({ type: "text", part: places.text, text: delta.content });
    }
    if (delta.refusal != null && delta.refusal !== "") {
      this.#refusal += delta.refusal;
      pieces.push({ type: "refusal", part: places.refusal, text: delta.refusal });
    }
    for (const call of delta.tool_calls ?? []) pieces.push(this.#addCall(call));
    return pieces;
  }

  /** Where a piece belongs. Some servers leave the index out, and some, as Gemini's, give one to all calls: then a new id starts a new call. */
  #placeOf({ index, id, function: called }: CallPiece): number {
    const wanted = index == null ? this.#latest : (this.#moved.get(index) ?? index);
    const known = this.#calls.get(wanted);
    if (known === undefined) return Math.max(0, wanted);
    const otherId = id != null && id !== "" && id !== known.givenId;
    // Older versions of vLLM give every piece an id of its own, but only the first a name.
    const another = otherId && (index == null || (known.givenId !== "" && called?.name != null && called.name !== ""));
    if (!another) return wanted;
    if (index != null) this.#moved.set(index, this.#latest + 1);
    return this.#latest + 1;
  }

  #addCall(given: CallPiece): StreamPiece {
    const index = this.#placeOf(given);
    this.#latest = Math.max(this.#latest, index);
    const argumentsText = given.function?.arguments ?? "";
    let call = this.#calls.get(index);
    if (call === undefined) {
      call = { givenId: given.id ?? "", id: this.#ids.next(given.id), name: given.function?.name ?? "", argumentsText };
      this.#calls.set(index, call);
    } else {
      // Some servers repeat the name, some give it later.
      if (call.name === "") call.name = given.function?.name ?? "";
      call.argumentsText += argumentsText;
    }
    return { type: "tool_call", part: places.calls + index, id: call.id, name: call.name, argumentsText };
  }
}
