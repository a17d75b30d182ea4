import { type ChatRequest, type Message, textOf, type ToolMessage, toolCallsOf } from "@minference/clients";
import type { SimulatedAnswer, SimulatedRefusal, SimulatedScript } from "@minference/clients/testing";
import { calculatorName, readCalculatorResult } from "../calculator/calculator-tool.ts";
import { agreesAsWritten } from "../problems/number-agreement.ts";
import type { Problem } from "../problems/problem.ts";
import { type CalculationTurn, calculationTurns } from "./turns.ts";

const firstWords = "Let me work this out step by step.";

/**
 * Plays a model that knows the worked solutions of the given problems: it makes their calculations turn by turn and then
 * answers. It refuses a conversation that is not exactly what it has said so far, or that holds a wrong tool result.
 */
export function scriptedModel(problems: readonly Problem[]): SimulatedScript {
  const scripts = new Map(problems.map((problem) => [problem.question, { problem, turns: calculationTurns(problem) }] as const));
  return ({ request }) => {
    const [question, ...rest] = request.messages.filter((message) => message.role !== "system");
    const script = question?.role === "user" ? scripts.get(textOf(question)) : undefined;
    if (script === undefined) return refusal("The simulated model knows only the problems it was started with.");
    const complaint = offersCalculator(request) ?? checkConversation(rest, script.turns);
    if (complaint !== null) return refusal(complaint);
    return nextAnswer(script.problem, script.turns, rest.length / 2);
  };
}

function nextAnswer(problem: Problem, turns: readonly CalculationTurn[], done: number): SimulatedAnswer {
  const turn = turns[done];
  if (turn === undefined) return { text: `${problem.explanation}\n#### ${problem.answer}`.trim() };
  const toolCalls = turn.map(({ expression }) => ({ name: calculatorName, arguments: { expression } }));
  return done === 0 ? { text: firstWords, toolCalls } : { toolCalls };
}

function offersCalculator(request: ChatRequest): string | null {
  const offered = request.tools?.some(({ name }) => name === calculatorName) ?? false;
  return offered ? null : `The tool ${calculatorName} is not offered.`;
}

/** Holds what was said after the question against the script: calls and results, turn by turn. */
function checkConversation(messages: readonly Message[], turns: readonly CalculationTurn[]): string | null {
  for (const [index, message] of messages.entries()) {
    const turn = turns[Math.floor(index / 2)];
    if (turn === undefined) return `Message ${index + 2} comes after the last calculation.`;
    const complaint = index % 2 === 0 ? checkCalls(message, turn, index === 0) : checkResults(messages[index - 1], message, turn);
    if (complaint !== null) return complaint;
  }
  return messages.length % 2 === 0 ? null : "The calls of the last message have no results.";
}

function checkCalls(message: Message, turn: CalculationTurn, first: boolean): string | null {
  if (message.role !== "assistant") return "A message of the assistant is missing.";
  if (first && textOf(message) !== firstWords) return "The text beside the first calls was changed.";
  const calls = toolCallsOf(message);
  const same =
    calls.length === turn.length && calls.every((call, position) => expressionOf(call.argumentsText) === turn[position]?.expression);
  return same ? null : "The calls sent back are not the ones that were made.";
}

function expressionOf(argumentsText: string): unknown {
  try {
    const value: unknown = JSON.parse(argumentsText);
    return typeof value === "object" && value !== null && "expression" in value ? value.expression : undefined;
  } catch {
    return undefined;
  }
}

function checkResults(calls: Message | undefined, message: Message, turn: CalculationTurn): string | null {
  if (message.role !== "tool" || calls?.role !== "assistant") return "The results of the calls are missing.";
  for (const [position, call] of toolCallsOf(calls).entries()) {
    const step = turn[position];
    const content = resultOf(message, call.id);
    if (step === undefined || content === null) return `The call ${call.id} has no result.`;
    const value = readCalculatorResult(content);
    if (value === null || !agreesAsWritten(value, step.result))
      return `Wrong result for ${step.expression}: expected ${step.result}, got ${content.slice(0, 100)}.`;
  }
  return null;
}

function resultOf(message: ToolMessage, callId: string): string | null {
  const result = message.results.find(({ toolCallId }) => toolCallId === callId);
  return result === undefined || result.isError ? null : result.content;
}

function refusal(message: string): SimulatedRefusal {
  return { refuse: { status: 400, message } };
}
