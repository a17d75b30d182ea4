import type { ToolCallPart } from "@minference/clients";
import { shown } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { CallableTool } from "../tools/callable-tool.ts";
import type { Tool } from "../tools/tool.ts";
import type { ToolCallOutcome } from "../tools/tool-call-outcome.ts";
import type { ThreadSteps } from "./thread-steps.ts";
import { untilCalledOff } from "./until-called-off.ts";

/** A tool call that needs somebody's approval. */
export interface ApprovalRequest {
  readonly thread: ChatThread;
  readonly call: ToolCallPart;
  readonly tool: CallableTool;
}

/** What is decided about a call; `wait` leaves it open and ends the thread's turn with `awaiting_approval`. */
export type ApprovalAnswer = "approve" | "wait" | { readonly deny: string };

/**
 * Asks somebody about tool calls that need approval and have none yet. What gives no {@link ApprovalAnswer} lets the thread fail with `invalid_config`; the
 * call stays open.
 */
export type AskApproval = (request: ApprovalRequest) => ApprovalAnswer | Promise<ApprovalAnswer>;

/** Whether a call runs, waits, or was denied, with what the model is told then. */
export type ToolCallDecision = "run" | "wait" | { readonly denied: ToolCallOutcome };

/** Finds out whether a tool call may run: by what its tool demands, what was decided in the thread, or by asking. A new decision becomes the thread's. */
export async function decideToolCall(steps: ThreadSteps, call: ToolCallPart, offered: readonly Tool[]): Promise<ToolCallDecision> {
  const { environment, thread } = steps;
  const { askApproval, callables, clock, signal } = environment;
  const tool = offered.find(({ name }) => name === call.name);
  if (!(tool instanceof CallableTool) || call.error !== undefined || !callables.has(tool.name)) return "run";
  const callable = callables.get(tool.name);
  if (!(await untilCalledOff(signal, async () => callable.needsApproval(call.arguments)))) return "run";
  if (thread.decisionOn(call.id) === null) {
    const answer = askApproval === undefined ? "wait" : await untilCalledOff(signal, () => askApproval({ thread, call, tool }));
    if (answer === "wait") return "wait";
    if (answer === "approve") thread.approve([call.id], { clock });
    else thread.deny([call.id], reasonOf(answer, call), { clock });
  }
  const decision = thread.decisionOn(call.id);
  if (decision?.approved === true) return "run";
  const reason = decision?.reason ?? "";
  const content = `The call was denied${reason === "" ? "" : `: ${reason}`}`;
  return { denied: { call, tool, content, errorCode: "denied" } };
}

/** Why a call was denied; throws `invalid_config` where it was not. */
function reasonOf(answer: unknown, call: ToolCallPart): string {
  if (typeof answer === "object" && answer !== null && "deny" in answer && typeof answer.deny === "string") return answer.deny;
  throw new ThreadError(
    "invalid_config",
    `askApproval gave ${shown(answer)} for the call ${call.id}: give "approve", "wait" or { deny: reason }`,
  );
}
