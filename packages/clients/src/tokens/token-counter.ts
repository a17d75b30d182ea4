import type { ChatRequest } from "../contract/chat-request.ts";
import type { Message } from "../contract/message.ts";
import { RememberedCounts } from "./remembered-counts.ts";

/** The longest text that is counted whole, in UTF-16 units; of a longer one a part is counted and the rest taken to be like it. */
const longestCounted = 32_000;
/** Texts are counted in pieces, since the time for one without spaces grows with the square of its length. */
const pieceLength = 1000;
/** What a message costs beside its text. Source: https://github.com/openai/openai-cookbook (how to count tokens) */
const tokensPerMessage = 4;
/** What an image is taken to cost; providers charge between 85 and 1 600 tokens. */
const tokensPerImage = 1000;

type Count = (text: string) => number;

/** Estimates the input tokens of requests. The tables (0.3 s to load) are loaded when first needed. */
export class TokenCounter {
  #count: Promise<Count> | undefined;

  /** Estimates what a provider will count as input: messages, tool definitions and schemas. */
  async inputTokensOf(request: ChatRequest): Promise<number> {
    this.#count ??= loadCount();
    const count = await this.#count;
    let tokens = 3;
    for (const message of request.messages) tokens += tokensPerMessage + messageTokens(message, count);
    for (const tool of request.tools ?? []) tokens += 8 + count(JSON.stringify(tool));
    if (request.responseFormat?.type === "json_schema") tokens += count(JSON.stringify(request.responseFormat.schema));
    return tokens;
  }
}

async function loadCount(): Promise<Count> {
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  const options = { disallowedSpecial: new Set<string>() };
  const known = new RememberedCounts();
  return (text) => known.of(text, (unknown) => bounded(unknown, (piece) => countTokens(piece, options)));
}

function messageTokens(message: Message, count: Count): number {
  if (message.role === "system") return count(message.text);
  let tokens = 0;
  if (message.role === "tool") {
    for (const result of message.results) tokens += tokensPerMessage + count(result.content);
    return tokens;
  }
  for (const part of message.parts) {
    if (part.type === "image") tokens += tokensPerImage;
    else if (part.type === "tool_call") tokens += tokensPerMessage + count(part.name) + count(part.argumentsText);
    else tokens += count(part.text);
  }
  return tokens;
}

function bounded(text: string, count: Count): number {
  const counted = Math.min(text.length, longestCounted);
  let tokens = 0;
  for (let at = 0; at < counted; at += pieceLength) tokens += count(text.slice(at, Math.min(at + pieceLength, counted)));
  return counted === text.length ? tokens : Math.ceil((tokens * text.length) / counted);
}
