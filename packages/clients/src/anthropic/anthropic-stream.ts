import { z } from "zod";
import type { JsonObject, JsonValue } from "../contract/json.ts";
import type { StreamPiece } from "../contract/stream-event.ts";
import { CallIds } from "../wire/call-ids.ts";
import { jsonObjectAsIs, readJson } from "../wire/read-json.ts";
import { type AnswerStream, UnreadableAnswerError, type WireError } from "../wire/transport.ts";
import { fromAnthropicError } from "./from-anthropic-error.ts";

const index = z.int().min(0);
const deltaSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  partial_json: z.string().optional(),
  thinking: z.string().optional(),
  signature: z.string().optional(),
});
const usageSchema = jsonObjectAsIs.nullish();

const known = {
  message_start: z.object({ message: jsonObjectAsIs }),
  content_block_start: z.object({ index, content_block: jsonObjectAsIs }),
  content_block_delta: z.object({ index, delta: deltaSchema }),
  content_block_stop: z.object({ index }),
  message_delta: z.object({ delta: jsonObjectAsIs, usage: usageSchema }),
} as const;

const blockStart = z.object({
  type: z.string(),
  text: z.string().optional(),
  thinking: z.string().optional(),
  signature: z.string().optional(),
  data: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: jsonObjectAsIs.optional(),
});

interface Block {
  readonly type: string;
  /** The block as it started, for the fields that are not known here; a call with an id of its own. */
  readonly start: JsonObject;
  text: string;
  signature: string | undefined;
}

/**
 * Puts a streamed message together. What a tool's input was written as is kept beside the input, as `partial_json`.
 *
 * Source: https://docs.anthropic.com/en/api/messages-streaming
 */
export class AnthropicStream implements AnswerStream {
  #message = new Map<string, JsonValue>();
  readonly #usage = new Map<string, JsonValue>();
  readonly #blocks = new Map<number, Block>();
  readonly #ids = new CallIds();
  #ended = false;
  #complete = false;

  get ended(): boolean {
    return this.#ended;
  }

  get complete(): boolean {
    return this.#complete;
  }

  take(data: JsonObject): readonly StreamPiece[] | WireError {
    switch (data.type) {
      case "error":
        return fromAnthropicError(200, data);
      case "message_start":
        return this.#begin(parse(known.message_start, data).message);
      case "content_block_start":
        return this.#start(data);
      case "content_block_delta":
        return this.#add(data);
      case "content_block_stop":
        return this.#stop(parse(known.content_block_stop, data).index);
      case "message_delta": {
        const { delta, usage } = parse(known.message_delta, data);
        for (const [name, value] of Object.entries(delta)) this.#message.set(name, value);
        this.#count(usage);
        if (typeof delta.stop_reason === "string") this.#ended = true;
        return [];
      }
      case "message_stop":
        this.#complete = true;
        return [];
      default:
        // The wire may get new kinds of event; those that are not known are to be passed over.
        return [];
    }
  }

  body(): JsonObject {
    const content = [...this.#blocks].toSorted(([a], [b]) => a - b).map(([, block]) => blockOf(block));
    return { ...Object.fromEntries(this.#message), content, usage: Object.fromEntries(this.#usage) };
  }

  #begin(message: JsonObject): readonly StreamPiece[] {
    this.#message = new Map(Object.entries(message));
    this.#count(parse(z.object({ usage: usageSchema }), message).usage);
    return [];
  }

  #count(usage: JsonObject | null | undefined): void {
    for (const [name, value] of Object.entries(usage ?? {})) if (value !== null) this.#usage.set(name, value);
  }

  #start(data: JsonObject): readonly StreamPiece[] {
    const { index: part, content_block: start } = parse(known.content_block_start, data);
    const given = parse(blockStart, start);
    if (this.#blocks.has(part)) throw new UnreadableAnswerError(`Block ${part} started twice.`);
    const said = given.type === "tool_use" ? undefined : (given.text ?? given.thinking);
    const signature = given.signature === "" ? undefined : given.signature;
    const own = given.type === "tool_use" ? { ...start, id: this.#ids.next(given.id) } : start;
    const block: Block = { type: given.type, start: own, text: said ?? "", signature };
    this.#blocks.set(part, block);
    switch (block.type) {
      case "text":
        return [{ type: "text", part, text: block.text }];
      case "thinking":
        return [{ type: "reasoning", part, wire: "anthropic", text: block.text, ...(signature === undefined ? {} : { signature }) }];
      case "redacted_thinking":
        return [{ type: "reasoning", part, wire: "anthropic", text: "", ...(given.data === undefined ? {} : { opaque: given.data }) }];
      case "tool_use":
        return [callPiece(part, block, "")];
      default:
        return [];
    }
  }

  #add(data: JsonObject): readonly StreamPiece[] {
    const { index: part, delta } = parse(known.content_block_delta, data);
    const block = this.#blocks.get(part);
    if (block === undefined) throw new UnreadableAnswerError(`A piece came for block ${part}, which has not started.`);
    switch (`${block.type} ${delta.type}`) {
      case "text text_delta":
        return [{ type: "text", part, text: append(block, delta.text) }];
      case "thinking thinking_delta":
        return [{ type: "reasoning", part, wire: "anthropic", text: append(block, delta.thinking) }];
      case "thinking signature_delta": {
        if (delta.signature === undefined || delta.signature === "") return [];
        block.signature = delta.signature;
        return [{ type: "reasoning", part, wire: "anthropic", text: "", signature: delta.signature }];
      }
      case "tool_use input_json_delta":
        return [callPiece(part, block, append(block, delta.partial_json))];
      default:
        return [];
    }
  }

  /** A call without pieces has its input in its start. */
  #stop(part: number): readonly StreamPiece[] {
    const block = this.#blocks.get(part);
    if (block?.type !== "tool_use" || block.text !== "") return [];
    block.text = JSON.stringify(block.start.input ?? {});
    return [callPiece(part, block, block.text)];
  }
}

function append(block: Block, text = ""): string {
  block.text += text;
  return text;
}

function callPiece(part: number, { start }: Block, argumentsText: string): StreamPiece {
  const { id, name } = parse(blockStart, start);
  return { type: "tool_call", part, id: id ?? "", name: name ?? "", argumentsText };
}

function blockOf({ type, start, text, signature }: Block): JsonObject {
  const signed = signature === undefined ? {} : { signature };
  if (type === "text") return { ...start, text };
  if (type === "thinking") return { ...start, thinking: text, ...signed };
  if (type === "tool_use") return { ...start, input: readJson(text) ?? {}, partial_json: text };
  return start;
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new UnreadableAnswerError(z.prettifyError(parsed.error));
  return parsed.data;
}
