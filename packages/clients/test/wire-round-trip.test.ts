import fc from "fast-check";
import { expect, test } from "vitest";
import { toAnthropicRequest } from "../src/anthropic/to-anthropic-request.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import type { JsonValue } from "../src/contract/json.ts";
import { openaiQuirks } from "../src/openai/openai-quirks.ts";
import { toOpenaiRequest } from "../src/openai/to-openai-request.ts";
import { readAnthropicRequest } from "../src/testing/anthropic/read-anthropic-request.ts";
import { readOpenaiRequest } from "../src/testing/openai/read-openai-request.ts";
import { conversationOn } from "./conversations.ts";

function overTheWire(body: unknown): JsonValue {
  const sent: JsonValue = JSON.parse(JSON.stringify(body));
  return sent;
}

/** The wire carries the arguments as JSON, not the text the model wrote. */
function withPlainArguments(request: ChatRequest): ChatRequest {
  return {
    ...request,
    messages: request.messages.map((message) =>
      message.role !== "assistant"
        ? message
        : {
            ...message,
            parts: message.parts.map((part) =>
              part.type === "tool_call" && part.error === undefined
                ? { ...part, arguments: overTheWire(part.arguments), argumentsText: JSON.stringify(part.arguments) }
                : part,
            ),
          },
    ),
  };
}

test("chat completions carry every conversation there and back, and the strict reader accepts each", () => {
  fc.assert(
    fc.property(conversationOn("openai"), (request) => {
      expect(readOpenaiRequest(overTheWire(toOpenaiRequest(request, openaiQuirks.openrouter)))).toEqual({ request });
    }),
  );
});

test("messages carry every conversation there and back, and the strict reader accepts each", () => {
  fc.assert(
    fc.property(conversationOn("anthropic"), (request) => {
      const read = readAnthropicRequest(overTheWire(toAnthropicRequest(request)), { "anthropic-version": "2023-06-01" });
      expect(read).toEqual({ request: withPlainArguments(request) });
    }),
  );
});
