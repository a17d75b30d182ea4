import fc from "fast-check";
import { expect, test } from "vitest";
import { toAnthropicRequest } from "../anthropic/to-anthropic-request.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import { toolMessage, userMessage } from "../contract/message.ts";
import { openaiQuirks } from "../openai/openai-quirks.ts";
import { toOpenaiRequest } from "../openai/to-openai-request.ts";
import { AnswerMapping } from "./answer-mapping.ts";
import { ToolNames, toWireName } from "./tool-names.ts";

const acceptable = /^[A-Za-z0-9_-]{1,64}$/;

test("law: every name becomes one both providers accept, and is found again among all tools of a request", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 90, unit: "grapheme" }), { maxLength: 8 }), (names) => {
      const known = new ToolNames(names);
      for (const name of names) {
        expect(toWireName(name)).toMatch(acceptable);
        expect(known.ownName(toWireName(name))).toBe(name);
      }
    }),
  );
});

test("a name that is accepted stays as it is, and one the model made up is not touched", () => {
  expect(toWireName("look_up-2")).toBe("look_up-2");
  expect(new ToolNames(["a b"]).ownName("c d")).toBe("c d");
});

test("two names that would become one are refused", () => {
  const taken = toWireName("a b");
  expect(() => new ToolNames(["a b", taken])).toThrow("cannot be told apart");
});

const request: ChatRequest = {
  model: "m",
  maxTokens: 10,
  tools: [{ name: "files/read file", inputSchema: { type: "object" } }],
  toolChoice: { name: "files/read file" },
  messages: [
    userMessage("Hi"),
    {
      role: "assistant",
      parts: [
        { type: "tool_call", id: "a", name: "files/read file", arguments: {}, argumentsText: "{}" },
        { type: "tool_call", id: "b", name: "made up!", arguments: {}, argumentsText: "{}" },
      ],
    },
    toolMessage([
      { toolCallId: "a", content: "1", isError: false },
      { toolCallId: "b", content: "There is no such tool.", isError: true },
    ]),
  ],
};

test.each([
  ["openai", () => toOpenaiRequest(request, openaiQuirks.openai)],
  ["anthropic", () => toAnthropicRequest(request)],
] as const)("%s: tools, calls and the choice go under names that are accepted, also those a model made up", (_, send) => {
  const text = JSON.stringify(send());
  const names = [...text.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name);
  expect(names.length).toBe(4);
  for (const name of names) expect(name).toMatch(acceptable);
  expect(new Set(names).size).toBe(2);
});

test("an answer has the request's own names again, whole and as a stream", () => {
  const mapping = new AnswerMapping(request, false);
  const call = { type: "tool_call", id: "x", name: toWireName("files/read file"), argumentsText: "{}" } as const;
  expect(mapping.ofMessage({ role: "assistant", parts: [{ ...call, arguments: {} }] }).parts).toMatchObject([{ name: "files/read file" }]);
  expect(mapping.ofPiece({ ...call, part: 0 })).toMatchObject({ name: "files/read file" });
});
