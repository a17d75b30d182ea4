import { AsyncLocalStorage } from "node:async_hooks";

const current = new AsyncLocalStorage<string>();

/** Runs a function so that all records and commits made in it, also after an `await`, carry the given id. */
export function correlate<Result>(correlationId: string, run: () => Result): Result {
  return current.run(correlationId, run);
}

/** The id of the innermost {@link correlate} around the caller. */
export function correlationId(): string | undefined {
  return current.getStore();
}
