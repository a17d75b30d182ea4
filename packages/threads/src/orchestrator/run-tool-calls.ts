import type { ToolCallPart } from "@minference/clients";
import { ThreadError } from "../errors/thread-error.ts";
import type { ThreadFormat } from "../formats/thread-format.ts";
import type { ChatMessage } from "../message/chat-message.ts";
import { runToolCall } from "../tools/run-tool-call.ts";
import type { Tool } from "../tools/tool.ts";
import type { ToolCallOutcome } from "../tools/tool-call-outcome.ts";
import { threadErrorOf } from "./run-failure.ts";
import type { ThreadSteps } from "./thread-steps.ts";
import { toolResultMessage } from "./tool-result-message.ts";

/** Runs calls in parallel and stores their results in order, also of those that were done when the run is called off. */
export async function runToolCalls(
  steps: ThreadSteps,
  calls: readonly ToolCallPart[],
  format: ThreadFormat,
): Promise<readonly ChatMessage[]> {
  if (calls.length === 0) return [];
  steps.checkpoint();
  const offered = format.callable(steps.thread);
  const settled = await Promise.all(calls.map((call) => runOne(steps, call, offered)));
  const outcomes = settled.filter((outcome) => outcome !== null);
  const results = outcomes.length > 0 ? await storeResults(steps, outcomes, format) : [];
  if (outcomes.length < calls.length) throw new ThreadError("cancelled", "tool calls were called off");
  return results;
}

async function runOne(steps: ThreadSteps, call: ToolCallPart, offered: readonly Tool[]): Promise<ToolCallOutcome | null> {
  const { callables, clock, signal, toolTimeoutMs, validator } = steps.environment;
  const startedAt = clock.now();
  const named = { toolCallId: call.id, toolName: call.name };
  steps.emit({ type: "tool_started", ...named });
  try {
    const outcome = await runToolCall(call, offered, { callables, validator, toolTimeoutMs, signal });
    steps.emit({ type: "tool_finished", ...named, errorCode: outcome.errorCode, timeTaken: clock.now() - startedAt });
    return outcome;
  } catch (error) {
    const { code } = threadErrorOf(error);
    steps.emit({ type: "tool_finished", ...named, errorCode: code, timeTaken: clock.now() - startedAt });
    return null;
  }
}

async function storeResults(
  steps: ThreadSteps,
  outcomes: readonly ToolCallOutcome[],
  format: ThreadFormat,
): Promise<readonly ChatMessage[]> {
  const { thread } = steps;
  const place = steps.placeAfter(thread.lastAnswer ?? null);
  const messages = outcomes.map((outcome) => toolResultMessage(outcome, place));
  const { workflowStep } = thread;
  thread.history.push(...messages);
  format.moveOn(thread, messages);
  const undo = (): void => {
    steps.takeBack(messages);
    thread.workflowStep = workflowStep;
  };
  await steps.store({ name: "tool results", roots: [thread], paid: true, undo });
  return messages;
}
