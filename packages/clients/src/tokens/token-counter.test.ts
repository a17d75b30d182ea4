import { expect, test } from "vitest";
import { calculatorConversation } from "../../test/calculator-conversation.ts";
import { userMessage } from "../contract/message.ts";
import { TokenCounter } from "./token-counter.ts";

const counter = new TokenCounter();
const count = (text: string) => counter.inputTokensOf({ model: "m", messages: [userMessage(text)], maxTokens: 1 });

test("counts words as the tokenizer does, and what stands around them", async () => {
  expect(await count("hello world")).toBe(9);
  expect(await count("")).toBe(7);
});

test("counts tools, calls and results", async () => {
  const whole = await counter.inputTokensOf(calculatorConversation);
  const { tools: _, toolChoice: __, ...bare } = calculatorConversation;
  const withoutTools = await counter.inputTokensOf(bare);
  expect(withoutTools).toBeGreaterThan(50);
  expect(whole).toBeGreaterThan(withoutTools + 30);
});

test("takes special tokens for the text they are", async () => {
  expect(await count("<|endoftext|>")).toBeGreaterThan(7);
});

test("bounds its time on text that has no spaces or no end", async () => {
  expect(await count("a".repeat(3_000_000))).toBeGreaterThan(100_000);
  expect(await count("\u{1f469}\u200d\u{1f680}".repeat(100_000))).toBeGreaterThan(100_000);
  expect(await count("word ".repeat(1_000_000))).toBeGreaterThan(900_000);
});
