import type { ToolCallPart } from "@minference/clients";
import { ThreadError } from "../errors/thread-error.ts";
import type { ThreadFormat } from "../formats/thread-format.ts";
import type { ChatMessage } from "../message/chat-message.ts";
import { withGivenArguments } from "../tools/given-arguments.ts";
import { runToolCall } from "../tools/run-tool-call.ts";
import type { Tool } from "../tools/tool.ts";
import type { ToolCallOutcome } from "../tools/tool-call-outcome.ts";
import { decideToolCall } from "./decide-tool-call.ts";
import { threadErrorOf } from "./run-failure.ts";
import { takeOut } from "./say-new-message.ts";
import type { ThreadSteps } from "./thread-steps.ts";
import { toolResultMessage } from "./tool-result-message.ts";
import { TurnPaused } from "./turn-paused.ts";

/**
 * Runs calls in parallel and stores their results in order, also of those that were done when the run is called off. Calls that wait for
 * approval pause the turn, once the others have run.
 */
export async function runToolCalls(
  steps: ThreadSteps,
  written: readonly ToolCallPart[],
  format: ThreadFormat,
): Promise<readonly ChatMessage[]> {
  if (written.length === 0) return [];
  steps.checkpoint();
  const offered = format.callable(steps.thread);
  const calls = written.map((call) => withGivenArguments(call, offered));
  const decided = await Promise.all(calls.map(async (call) => ({ call, decision: await decideToolCall(steps, call, offered) })));
  await noteBegun(
    steps,
    decided.flatMap(({ call, decision }) => (decision === "run" ? call : [])),
  );
  const settled = await Promise.all(
    decided.map(async ({ call, decision }) => {
      if (decision === "wait") return null;
      return decision === "run" ? runOne(steps, call, offered) : decision.denied;
    }),
  );
  const outcomes = settled.filter((outcome) => outcome !== null);
  const results = outcomes.length > 0 ? await storeResults(steps, outcomes, format) : [];
  const waiting = decided.flatMap(({ call, decision }) => (decision === "wait" ? call : []));
  if (outcomes.length + waiting.length < calls.length) throw new ThreadError("cancelled", "tool calls were called off");
  if (waiting.length > 0) throw new TurnPaused({ status: "awaiting_approval", calls: waiting });
  return results;
}

/** Writes down which calls begin that must not run twice, before they do; of several copies of a thread one can. */
async function noteBegun(steps: ThreadSteps, calls: readonly ToolCallPart[]): Promise<void> {
  const { environment, thread } = steps;
  const { callables } = environment;
  const once = calls.filter(({ name }) => callables.has(name) && !callables.get(name).idempotent);
  if (once.length === 0) return;
  const before = thread.begunToolCalls;
  const begunToolCalls = once.map(({ id }) => id);
  // Those begun before stand there once more, so that what is stored differs also when they are run again.
  const open = new Set(thread.doubtfulToolCalls);
  thread.begunToolCalls = [...before.filter((id) => open.has(id)), ...begunToolCalls];
  await steps.store({
    name: "tool calls begun",
    roots: [thread],
    paid: false,
    entry: { begunToolCalls },
    undo: () => {
      thread.begunToolCalls = before;
    },
  });
}

async function runOne(steps: ThreadSteps, call: ToolCallPart, offered: readonly Tool[]): Promise<ToolCallOutcome | null> {
  const { callables, clock, signal, toolTimeoutMs, validator } = steps.environment;
  const startedAt = clock.now();
  const named = { toolCallId: call.id, toolName: call.name };
  steps.emit({ type: "tool_started", ...named });
  try {
    const outcome = await steps.span.tool(call, () => runToolCall(call, offered, { callables, validator, toolTimeoutMs, signal }));
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
  const { entry, environment, thread } = steps;
  const place = steps.placeAfter(thread.lastAnswer ?? null);
  const messages = outcomes.map((outcome) => toolResultMessage(outcome, place));
  const { begunToolCalls: begun, workflowStep } = thread;
  thread.history.push(...messages);
  format.moveOn(thread, messages);
  thread.begunToolCalls = thread.doubtfulToolCalls;
  const undo = (): void => {
    takeOut(thread, messages);
    thread.begunToolCalls = begun;
    thread.workflowStep = workflowStep;
  };
  const done = new Set(outcomes.map(({ call }) => call.id));
  const begunToolCalls = entry?.begunToolCalls.filter((id) => !done.has(id)) ?? [];
  const open = thread.pendingToolCalls.length > 0;
  const over = environment.until === null && !open && format.endsAfter(messages, thread);
  const status = over ? "completed" : open ? "done" : "reserved";
  await steps.store({ name: "tool results", roots: [thread], paid: true, entry: { status, begunToolCalls }, undo });
  return messages;
}
