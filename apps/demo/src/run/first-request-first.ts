import { type ChatClient, type ErrorCode, ProviderError } from "@minference/clients";

/** Failures that may have to do with the one request; any other would be met by every other request as well. */
const particular: ReadonlySet<ErrorCode> = new Set([
  "aborted",
  "closed",
  "content_policy",
  "deadline_exceeded",
  "invalid_request",
  "malformed_response",
  "request_exceeds_limit",
  "request_too_large",
]);

/**
 * Lets one request go first to a provider that may not be usable; the others follow when it is answered. So a refused key or a wrong
 * address costs one request and not hundreds: the others share its failure, unsent.
 */
export function firstRequestFirst(client: ChatClient): ChatClient {
  let verdict: Promise<ProviderError | null> | null = null;
  return {
    provider: client.provider,
    status: () => client.status(),
    close: () => client.close(),
    chat: async (request, options) => {
      if (verdict === null) {
        const first = client.chat(request, options);
        verdict = first.then(
          () => null,
          (error: unknown) => (ProviderError.is(error) && !particular.has(error.code) ? error : null),
        );
        return first;
      }
      const failure = await Promise.race([verdict, calledOff(options?.signal)]);
      if (failure !== null) throw failure.withAttempts(0);
      return client.chat(request, options);
    },
  };
}

/** Resolves when the request need not wait any more; the client then says so. */
function calledOff(signal: AbortSignal | undefined): Promise<null> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve(null);
    signal?.addEventListener("abort", () => resolve(null), { once: true });
  });
}
