import { assistantMessage, type ChatRequest, type Message, systemMessage, toolMessage, userMessage } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import { describe, expect, it } from "vitest";
import { parseProblemLine } from "../problems/gsm8k-line.ts";
import { scriptedModel } from "./scripted-model.ts";

const problem = parseProblemLine(
  JSON.stringify({
    question: "How much?",
    answer: "Two are 2*3=<<2*3=6>>6.\nThirds: 10/4=<<10/4=2.5>>2.5.\nTogether 6+2.5=<<6+2.5=8.5>>8.5.\n#### 8.5",
  }),
  1,
);
const model = scriptedModel([problem]);

const question: readonly Message[] = [systemMessage("Use the calculator."), userMessage("How much?")];
const call = (id: string, expression: string) =>
  ({ type: "tool_call", id, name: "calculator", arguments: { expression }, argumentsText: JSON.stringify({ expression }) }) as const;
const firstCalls = assistantMessage([{ type: "text", text: "Let me work this out step by step." }, call("a", "2*3"), call("b", "10/4")]);
const result = (toolCallId: string, value: number) => ({ toolCallId, content: JSON.stringify({ result: value }), isError: false });
const firstResults = toolMessage([result("a", 6), result("b", 2.5)]);
const secondCall = assistantMessage([call("c", "6+2.5")]);

function ask(
  messages: readonly Message[],
  tools: ChatRequest["tools"] = [{ name: "calculator", inputSchema: {} }],
): ReturnType<SimulatedScript> {
  return model({ wire: "openai", sequence: 0, request: { model: "simulated-model", maxTokens: 400, messages, tools } });
}

describe("scriptedModel", () => {
  it("makes the calculations turn by turn, then answers", () => {
    expect(ask(question)).toEqual({
      text: "Let me work this out step by step.",
      toolCalls: [
        { name: "calculator", arguments: { expression: "2*3" } },
        { name: "calculator", arguments: { expression: "10/4" } },
      ],
    });
    expect(ask([...question, firstCalls, firstResults])).toEqual({
      toolCalls: [{ name: "calculator", arguments: { expression: "6+2.5" } }],
    });
    expect(ask([...question, firstCalls, firstResults, secondCall, toolMessage([result("c", 8.5)])])).toEqual({
      text: "Two are 2*3=6.\nThirds: 10/4=2.5.\nTogether 6+2.5=8.5.\n#### 8.5",
    });
  });

  it.each<[string, readonly Message[], string]>([
    ["a question it does not know", [userMessage("What?")], "knows only the problems"],
    ["no question", [systemMessage("x")], "knows only the problems"],
    ["a wrong result", [...question, firstCalls, toolMessage([result("a", 7), result("b", 2.5)])], "Wrong result for 2*3: expected 6"],
    ["results in each other's place", [...question, firstCalls, toolMessage([result("b", 6), result("a", 2.5)])], "Wrong result for 2*3"],
    [
      "a result that is none",
      [...question, firstCalls, toolMessage([{ ...result("a", 6), content: "six" }, result("b", 2.5)])],
      "Wrong result",
    ],
    [
      "an error result",
      [...question, firstCalls, toolMessage([{ ...result("a", 6), isError: true }, result("b", 2.5)])],
      "call a has no result",
    ],
    ["a missing result", [...question, firstCalls, toolMessage([result("a", 6)])], "call b has no result"],
    ["no results", [...question, firstCalls], "have no results"],
    ["a lost call", [...question, assistantMessage([firstCalls.parts[0] ?? call("a", "")]), firstResults], "not the ones that were made"],
    [
      "a changed call",
      [
        ...question,
        assistantMessage([{ type: "text", text: "Let me work this out step by step." }, call("a", "2*3"), call("b", "9")]),
        firstResults,
      ],
      "not the ones that were made",
    ],
    ["lost text", [...question, assistantMessage(firstCalls.parts.slice(1)), firstResults], "text beside the first calls"],
    ["messages out of order", [...question, firstResults, firstCalls], "A message of the assistant is missing"],
    [
      "a conversation that goes on",
      [...question, firstCalls, firstResults, secondCall, toolMessage([result("c", 8.5)]), assistantMessage("8.5"), userMessage("more")],
      "after the last calculation",
    ],
  ])("refuses %s", (_, messages, complaint) => {
    expect(ask(messages)).toEqual({ refuse: { status: 400, message: expect.stringContaining(complaint) } });
  });

  it("refuses to work without its tool", () => {
    expect(ask(question, [])).toEqual({ refuse: { status: 400, message: "The tool calculator is not offered." } });
  });
});
