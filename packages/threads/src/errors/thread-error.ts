const marker: unique symbol = Symbol.for("@minference/threads/ThreadError");

/** What can go wrong with a thread, a tool or a run. */
export const threadErrorCodes = [
  "budget_exceeded",
  "cancelled",
  "conflict",
  "content_filtered",
  "denied",
  "duplicate_thread",
  "empty_answer",
  "event_handler",
  "goal_missed",
  "in_doubt",
  "invalid_answer",
  "invalid_arguments",
  "invalid_config",
  "invalid_object",
  "invalid_result",
  "invalid_thread",
  "invalid_tool",
  "mcp_server",
  "missing_thread",
  "missing_tool_call",
  "no_model",
  "no_new_message",
  "provider",
  "refused",
  "run_taken",
  "step_limit",
  "storage",
  "taken_over",
  "tool_exists",
  "tool_failed",
  "tool_timeout",
  "truncated",
  "unbound_tool",
  "unexpected",
  "unknown_client",
  "unknown_price",
  "unknown_run",
  "unknown_tool",
  "workflow_finished",
] as const;

/** Names what went wrong. */
export type ThreadErrorCode = (typeof threadErrorCodes)[number];

/** A thread, tool or run could not do what was asked. Decide by `code`; `message` is for people. */
export class ThreadError extends Error {
  override readonly name = "ThreadError";
  readonly code: ThreadErrorCode;
  /** Whether running the same thread again may succeed with nothing changed. */
  readonly retryable: boolean;
  readonly [marker] = true;

  constructor(code: ThreadErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }

  /** Recognises the error also when it comes from another copy of this package. */
  static is(this: void, value: unknown): value is ThreadError {
    return value instanceof Error && marker in value;
  }
}
