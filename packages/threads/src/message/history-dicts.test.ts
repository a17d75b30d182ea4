import type { AssistantPart } from "@minference/clients";
import { describe, expect, test } from "vitest";
import { requestMessages } from "../thread/request-messages.ts";
import { ChatMessage, type MessagePlace } from "./chat-message.ts";
import { historyFromDicts, historyToDicts } from "./history-dicts.ts";

const place: MessagePlace = { timestamp: new Date(5), chatThreadId: "t", parent: null };

function conversation(): ChatMessage[] {
  const parts: AssistantPart[] = [
    { type: "text", text: "Both." },
    { type: "tool_call", id: "c1", name: "add", arguments: { a: 1 }, argumentsText: '{"a":1}' },
    { type: "tool_call", id: "c2", name: "look", arguments: {}, argumentsText: "{}" },
  ];
  const source = { toolCall: {}, toolUuid: null, toolType: null };
  return [
    ChatMessage.system("Be exact.", place),
    ChatMessage.user("What is it?", place),
    ChatMessage.answer({ role: "assistant", parts }, null, place),
    ChatMessage.toolResult({ ...source, toolCallId: "c1", toolName: "add" }, { content: "2", isError: false }, place),
    ChatMessage.toolResult({ ...source, toolCallId: "c2", toolName: "look" }, { content: "no such thing", isError: true }, place),
    ChatMessage.answer({ role: "assistant", parts: [{ type: "text", text: "It is 2." }] }, null, place),
  ];
}

describe.each(["openai", "anthropic"] as const)("%s", (wire) => {
  test("what was written as plain objects is read again: a history that is sent as the first was", () => {
    const dicts = historyToDicts(wire, conversation());
    expect(dicts.map(({ role }) => role)).toEqual(
      wire === "openai"
        ? ["system", "user", "assistant", "tool", "tool", "assistant"]
        : ["system", "user", "assistant", "user", "assistant"],
    );
    const read = historyFromDicts(wire, JSON.parse(JSON.stringify(dicts)), place);
    const plain = (history: readonly ChatMessage[]) => JSON.stringify(requestMessages(history));
    const told = wire === "anthropic" ? plain(conversation()) : plain(conversation()).replace('"isError":true', '"isError":false');
    expect(plain(read)).toBe(told);
    expect(read.map(({ role, toolName, chatThreadId }) => [role, toolName, chatThreadId])).toEqual(
      conversation().map(({ role, toolName }) => [role, toolName, "t"]),
    );
    expect(read[3]).toMatchObject({ parentMessageUuid: read[2]?.ecsId, toolCallId: "c1", toolCall: { a: 1 }, timestamp: new Date(5) });
    expect(historyToDicts(wire, read)).toEqual(dicts);
  });

  test("what can't be read says which it is, and what can't be sent why", () => {
    expect(() => historyFromDicts(wire, [{ role: "user", content: "hi" }, { role: "nobody" }])).toThrow(
      expect.objectContaining({ code: "invalid_thread", message: expect.stringContaining("messages[1]") }),
    );
    expect(() => historyToDicts(wire, conversation().slice(0, 4))).toThrow("has no result for the tool calls c2");
  });
});

test("images are refused, since a thread's messages are text", () => {
  const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
  expect(() => historyFromDicts("openai", [{ role: "user", content: [{ type: "text", text: "see" }, image] }])).toThrow(
    expect.objectContaining({ code: "invalid_thread" }),
  );
});
