import { ProviderError } from "@minference/clients";
import type { LogFields, Logger } from "@minference/ecs";
import type { Outcome, RunEvent, ThreadError } from "@minference/threads";

/**
 * Writes an event of a run to a log: ids, counts, times and codes. What a person or a model wrote, and what a provider said in an error,
 * stays out.
 */
export function logRunEvent(logger: Logger, provider: string, event: RunEvent): void {
  const { step, thread } = event;
  const about = {
    operation: "run",
    correlationId: thread.lineageId,
    entityType: "ChatThread",
    entityId: thread.ecsId,
    provider,
    step,
  } satisfies LogFields;
  switch (event.type) {
    case "thread_started":
      return logger.debug(about, "thread started");
    case "request_queued":
      return logger.debug({ ...about, attempt: event.attempt, estimatedTokens: event.estimatedTokens }, "request queued");
    case "request_held":
      return logger.debug({ ...about, attempt: event.attempt }, "request waits for its budget");
    case "request_reserved":
      return logger.debug({ ...about, attempt: event.attempt, reservedTokens: event.reservedTokens }, "request reserved");
    case "request_sent":
      return logger.debug({ ...about, attempt: event.attempt, idempotencyKey: event.idempotencyKey }, "request sent");
    case "request_refused":
      return logger.warn({ ...about, attempt: event.attempt, ...providerFields(event.error) }, "request refused for its limits");
    case "request_retried":
      return logger.warn({ ...about, attempt: event.attempt, delayMs: event.delayMs, ...providerFields(event.error) }, "request retried");
    case "request_failed":
      return logger.warn({ ...about, attempt: event.attempt, ...providerFields(event.error) }, "request failed");
    case "request_answered": {
      const { attempt, finishReason, timings, usage } = event;
      const { inputTokens, outputTokens } = usage;
      const times = { queuedMs: timings.queuedMs, answeredMs: timings.doneAt - timings.sentAt };
      return logger.info({ ...about, attempt, finishReason, inputTokens, outputTokens, ...times }, "request answered");
    }
    case "tool_started":
      return logger.debug({ ...about, toolCallId: event.toolCallId }, "tool started");
    case "tool_finished": {
      const { errorCode, timeTaken, toolCallId, toolName } = event;
      // The name of a tool that does not exist was made up by the model.
      const tool = errorCode === "unknown_tool" ? {} : { tool: toolName };
      return logger.info({ ...about, toolCallId, ...tool, code: errorCode, tookMs: timeTaken }, "tool finished");
    }
    case "step_stored":
      return logger.debug({ ...about, stored: event.stored, commitId: event.commitId }, "step stored");
    case "thread_finished":
      return logOutcome(logger, about, event.outcome);
    case "answer_started":
    case "answer_ended":
    case "text_delta":
    case "reasoning_delta":
    case "refusal_delta":
    case "tool_call_delta":
      return;
  }
}

function logOutcome(logger: Logger, about: LogFields, outcome: Outcome): void {
  const { attempts, status } = outcome;
  const fields = { ...about, status, attempts, answers: outcome.outputs.length };
  if (outcome.status === "failed") logger.error({ ...fields, ...errorFields(outcome.error) }, "thread failed");
  else logger.info(fields, "thread ended");
}

function errorFields({ cause, code, retryable }: ThreadError): Readonly<Record<string, unknown>> {
  return { code, retryable, ...(ProviderError.is(cause) ? { cause: providerFields(cause) } : {}) };
}

function providerFields({ attempts, code, status }: ProviderError): Readonly<Record<string, unknown>> {
  return { code, status, attempts };
}
