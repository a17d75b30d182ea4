import fc from "fast-check";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import type { JsonObject } from "../src/contract/json.ts";
import type { Message, ToolResult } from "../src/contract/message.ts";
import type { AssistantPart, ToolCallPart, UserPart } from "../src/contract/message-part.ts";
import type { WireName } from "../src/contract/provider-name.ts";
import type { ToolDefinition } from "../src/contract/tool-definition.ts";

const text = fc.string({ minLength: 1, unit: "grapheme" });
const jsonKey = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom("__proto__", "constructor", "toString"));
const jsonObject = fc.dictionary(jsonKey, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });

function jsonObjectOf(value: unknown): JsonObject {
  const copy: JsonObject = JSON.parse(JSON.stringify(value));
  return copy;
}

const userPart: fc.Arbitrary<UserPart> = fc.oneof(
  { weight: 3, arbitrary: text.map((value): UserPart => ({ type: "text", text: value })) },
  fc.webUrl().map((url): UserPart => ({ type: "image", source: { type: "url", url } })),
  fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((data): UserPart => ({ type: "image", source: { type: "bytes", mediaType: "image/png", data: new Uint8Array(data) } })),
);

function reasoningPart(wire: WireName): fc.Arbitrary<AssistantPart> {
  if (wire === "openai")
    return fc
      .array(jsonObject, { minLength: 1, maxLength: 2 })
      .map((opaque) => ({ type: "reasoning", text: "", wire, opaque: opaque.map(jsonObjectOf) }));
  return fc.oneof(
    fc
      .record({ thought: fc.string(), signature: text })
      .map(({ thought, signature }): AssistantPart => ({ type: "reasoning", text: thought, wire, signature })),
    text.map((opaque): AssistantPart => ({ type: "reasoning", text: "", wire, opaque })),
  );
}

/** A turn of the model with its tool results: text and calls in the order both wires keep. */
function turn(wire: WireName, index: number): fc.Arbitrary<Message[]> {
  const reasoning = fc.option(reasoningPart(wire), { nil: undefined });
  const calls = fc.array(
    fc.record({ name: fc.constantFrom("add", "look-up"), input: jsonObject, result: fc.string(), isError: fc.boolean() }),
    { maxLength: 3 },
  );
  return fc
    .record({ reasoning, said: text, calls, next: fc.array(userPart, { minLength: 1, maxLength: 3 }) })
    .map(({ reasoning, said, calls, next }) => {
      const parts: AssistantPart[] = reasoning === undefined ? [] : [reasoning];
      parts.push({ type: "text", text: said });
      const results: ToolResult[] = [];
      calls.forEach(({ name, input, result, isError }, place) => {
        const id = `call_${index}_${place}`;
        const call: ToolCallPart = { type: "tool_call", id, name, arguments: jsonObjectOf(input), argumentsText: JSON.stringify(input) };
        parts.push(call);
        results.push({ toolCallId: id, content: result, isError: wire === "anthropic" && isError });
      });
      const answer: Message[] = [{ role: "assistant", parts }];
      if (results.length > 0) answer.push({ role: "tool", results });
      // Where user messages follow one another the messages wire has one.
      answer.push({ role: "user", parts: next });
      return answer;
    });
}

const tools: readonly ToolDefinition[] = [
  {
    name: "add",
    description: "Adds.",
    inputSchema: { type: "object", properties: { a: { type: "number" } }, required: ["a"], additionalProperties: false },
    strict: true,
  },
  { name: "look-up", inputSchema: { type: "object" } },
];

/** Random requests that a wire can carry in full. */
export function conversationOn(wire: WireName): fc.Arbitrary<ChatRequest> {
  return fc
    .record({
      system: fc.option(text, { nil: undefined }),
      first: fc.array(userPart, { minLength: 1, maxLength: 2 }),
      turns: fc.integer({ min: 0, max: 4 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => turn(wire, index)))),
      maxTokens: fc.integer({ min: 1, max: 100_000 }),
      stop: fc.option(fc.array(text, { minLength: 1, maxLength: 4 }), { nil: undefined }),
      toolChoice: fc.constantFrom(undefined, "auto" as const, "none" as const, "required" as const, { name: "add" }),
      topP: fc.option(fc.constantFrom(0.1, 0.9, 1), { nil: undefined }),
      useCache: fc.constantFrom(undefined, wire === "anthropic" ? true : undefined),
      userId: fc.option(fc.string({ minLength: 1, maxLength: 64 }), { nil: undefined }),
    })
    .map(({ system, first, turns, maxTokens, stop, toolChoice, topP, useCache, userId }) => ({
      model: "claude-sonnet-4-5",
      topP,
      useCache,
      messages: [
        ...(system === undefined ? [] : [{ role: "system" as const, text: system }]),
        { role: "user" as const, parts: first },
        ...turns.flat(),
      ],
      maxTokens,
      tools,
      stop,
      toolChoice,
      metadata: userId === undefined ? undefined : { userId },
    }));
}
