import fc from "fast-check";
import { expect, test } from "vitest";
import { conversationOn } from "../../test/conversations.ts";
import type { Message } from "../contract/message.ts";
import { messagesFromDicts, messagesToDicts } from "./message-dicts.ts";

/** The messages wire carries arguments as JSON, not the text they were written in. */
function withPlainArguments(messages: readonly Message[]): Message[] {
  const copy: Message[] = structuredClone([...messages]);
  return copy.map((message) =>
    message.role !== "assistant"
      ? message
      : {
          ...message,
          parts: message.parts.map((part) =>
            part.type === "tool_call" && part.error === undefined ? { ...part, argumentsText: JSON.stringify(part.arguments) } : part,
          ),
        },
  );
}

test.each(["openai", "anthropic"] as const)("law, %s: what is written as plain objects reads the same", (wire) => {
  fc.assert(
    fc.property(conversationOn(wire), ({ messages }) => {
      const read = messagesFromDicts(wire, JSON.parse(JSON.stringify(messagesToDicts(wire, messages))));
      expect(read).toEqual(wire === "openai" ? messages : withPlainArguments(messages));
    }),
  );
});

test("an answer without parts stays one", () => {
  const messages: Message[] = [{ role: "assistant", parts: [] }];
  expect(messagesToDicts("openai", messages)).toEqual([{ role: "assistant", content: "" }]);
  expect(messagesFromDicts("openai", messagesToDicts("openai", messages))).toEqual(messages);
});

test("reads what providers answer, with fields that are of no interest", () => {
  const completion = { role: "assistant", content: "Hi", refusal: null, annotations: [], audio: null };
  expect(messagesFromDicts("openai", [completion])).toEqual([{ role: "assistant", parts: [{ type: "text", text: "Hi" }] }]);
  const answer = { id: "msg_1", role: "assistant", content: [{ type: "text", text: "Hi", citations: null }], model: "claude" };
  expect(messagesFromDicts("anthropic", [{ role: "system", content: [{ type: "text", text: "Be brief." }] }, answer])).toEqual([
    { role: "system", text: "Be brief." },
    { role: "assistant", parts: [{ type: "text", text: "Hi" }] },
  ]);
});

test.each([
  ["openai", { role: "bot", content: "x" }, "role"],
  ["openai", { role: "user" }, "content"],
  ["openai", "text", "expected object"],
  ["anthropic", { role: "user", content: [{ type: "text" }] }, "content"],
  ["anthropic", null, "expected object"],
] as const)("%s: refuses %j and names the place", (wire, dict, place) => {
  const good = { role: "user", content: "Hi" };
  expect(() => messagesFromDicts(wire, [good, dict])).toThrow(
    expect.objectContaining({
      name: "ProviderError",
      code: "invalid_request",
      message: expect.stringMatching(`^messages\\[1\\].*[^]*${place}`),
    }),
  );
});

test("refuses to write what the wire cannot say", () => {
  expect(() => messagesToDicts("anthropic", [{ role: "user", parts: [] }])).toThrow(
    expect.objectContaining({ code: "invalid_request", message: "messages[0] (user) is empty." }),
  );
});
