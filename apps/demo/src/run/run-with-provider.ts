import { type ErrorCode, ProviderError } from "@minference/clients";
import type { ChatThread, InferenceOrchestrator, Outcome, RunEvent, RunOptions } from "@minference/threads";

/** Failures that may have to do with the one conversation; any other would be met by every other conversation as well. */
const particular: ReadonlySet<ErrorCode> = new Set([
  "invalid_request",
  "request_too_large",
  "request_exceeds_limit",
  "content_policy",
  "malformed_response",
]);

/**
 * Runs conversations with a provider that may not be usable: one goes first, and the others follow when it has its first
 * answer. So a refused key or a wrong address costs one request and not hundreds. Resolves with an outcome each, in
 * order; conversations that were not started share the failure of the first.
 */
export async function runWithProvider(
  orchestrator: InferenceOrchestrator,
  threads: readonly ChatThread[],
  options: RunOptions & { readonly onEvent: (event: RunEvent) => void },
): Promise<readonly Outcome[]> {
  const [first, ...others] = threads;
  if (first === undefined) return [];
  const answered = Promise.withResolvers<null>();
  const firstRun = orchestrator.runParallel([first], {
    ...options,
    onEvent: (event) => {
      if (event.type === "request_answered") answered.resolve(null);
      options.onEvent(event);
    },
  });
  const early = await Promise.race([answered.promise, firstRun]);
  const failure = early?.find(isHopeless);
  if (failure !== undefined) return threads.map(() => failure);
  const otherOutcomes = await orchestrator.runParallel(others, {
    ...options,
    onEvent: (event) => options.onEvent({ ...event, index: event.index + 1 }),
  });
  return [...(await firstRun), ...otherOutcomes];
}

function isHopeless(outcome: Outcome): boolean {
  if (outcome.status !== "failed") return false;
  const { cause } = outcome.error;
  return ProviderError.is(cause) && !particular.has(cause.code);
}
