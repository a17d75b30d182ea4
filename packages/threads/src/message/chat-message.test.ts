import { type AssistantPart, toolCallFromText, usageOf } from "@minference/clients";
import { EntityError, EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Usage } from "../usage/usage.ts";
import { ChatMessage, type MessagePlace } from "./chat-message.ts";

const place: MessagePlace = { timestamp: new Date(0), chatThreadId: "thread", parent: null };
const newUsage = (): Usage => Usage.fromAnswer("m", usageOf({}));

const text = fc.string({ unit: "binary-ascii" });
const part: fc.Arbitrary<AssistantPart> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text }),
  fc.record({ type: fc.constant("refusal" as const), text }),
  fc.tuple(text, text, fc.oneof(text, fc.json())).map(([id, name, argumentsText]) => toolCallFromText(id, name, argumentsText)),
  fc.record(
    {
      type: fc.constant("reasoning" as const),
      text,
      wire: fc.constantFrom("openai" as const, "anthropic" as const),
      signature: text,
      opaque: fc.json().map((json) => JSON.parse(json)),
    },
    { requiredKeys: ["type", "text", "wire"] },
  ),
);

test("whatever an answer consists of comes back from the store exactly", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      const message = ChatMessage.answer({ role: "assistant", parts }, newUsage(), place);
      expect(message.answerParts).toEqual(parts);
      const storage = new MemoryStorage();
      await new EntityRegistry(storage).register(message);
      const loaded = await new EntityRegistry(storage).get(ChatMessage, message.ecsId);
      expect(JSON.stringify(loaded.answerParts)).toBe(JSON.stringify(parts));
      expect(loaded.toolCalls).toEqual(parts.filter(({ type }) => type === "tool_call"));
    }),
    { numRuns: 100 },
  );
});

test("an answer of text alone is stored once", () => {
  const message = ChatMessage.answer({ role: "assistant", parts: [{ type: "text", text: "hello" }] }, newUsage(), place);
  expect(message).toMatchObject({ content: "hello", parts: null });
  expect(message.answerParts).toEqual([{ type: "text", text: "hello" }]);
});

test("a signature and an opaque part survive byte for byte", () => {
  const opaque = { z: 1, a: [1e21, "\u2028"], __proto__x: null };
  const parts: AssistantPart[] = [{ type: "reasoning", text: "", wire: "anthropic", signature: "Eq==\n", opaque }];
  const message = ChatMessage.answer({ role: "assistant", parts }, newUsage(), place);
  expect(JSON.stringify(message.answerParts)).toBe(JSON.stringify(parts));
});

test("a tool result names its call, and the message before it is its parent", () => {
  const parent = ChatMessage.user("hi", place);
  const result = ChatMessage.toolResult(
    { toolCallId: "c1", toolName: "add", toolCall: { a: 1 }, toolUuid: null, toolType: "Callable" },
    { content: "boom", isError: true },
    { ...place, parent },
  );
  expect(result).toMatchObject({
    role: "tool",
    content: "boom",
    isError: true,
    toolCallId: "c1",
    toolCall: { a: 1 },
    parentMessageUuid: parent.ecsId,
  });
  expect(result.answerParts).toEqual([]);
});

test("a role nobody knows is refused", () => {
  // @ts-expect-error -- refused by the compiler as well
  expect(() => new ChatMessage({ role: "robot", content: "", timestamp: new Date(0) })).toThrow(EntityError);
});
