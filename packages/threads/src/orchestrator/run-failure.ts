import { ProviderError } from "@minference/clients";
import { ConflictError, EntityError, StorageError } from "@minference/ecs";
import { ThreadError } from "../errors/thread-error.ts";

/** Gives any error of a run as one of a thread, its cause kept. */
export function threadErrorOf(error: unknown): ThreadError {
  if (ThreadError.is(error)) return error;
  if (ProviderError.is(error)) return new ThreadError("provider", error.message, { cause: error, retryable: error.retryable });
  if (StorageError.is(error))
    return new ThreadError("storage", `the step could not be stored: ${error.message}`, { cause: error, retryable: error.retryable });
  if (ConflictError.is(error)) {
    return new ThreadError("conflict", `another copy of the thread was stored first: load it again (${error.message})`, { cause: error });
  }
  if (EntityError.is(error)) return new ThreadError("invalid_thread", error.message, { cause: error });
  return new ThreadError("unexpected", error instanceof Error ? error.message : String(error), { cause: error });
}
