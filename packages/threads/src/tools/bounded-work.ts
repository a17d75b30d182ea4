import { ThreadError } from "../errors/thread-error.ts";
import type { Clock } from "@minference/clients";

/** How long a piece of work may take, and what may call it off. */
export interface WorkBounds {
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs work that ends in time or is left behind: rejects with `tool_timeout` when the time is over and with `cancelled`
 * when the signal aborts, at once, whether the work listens to its own signal or not.
 */
export function boundedWork<T>(work: (signal: AbortSignal) => Promise<T>, bounds: WorkBounds): Promise<T> {
  const { name, clock, timeoutMs, signal } = bounds;
  return new Promise<T>((resolve, reject) => {
    const controller = new AbortController();
    const stop = (error: ThreadError): void => {
      release();
      controller.abort(error);
      reject(error);
    };
    const onAbort = (): void => stop(new ThreadError("cancelled", `${name} was called off`, { cause: signal?.reason }));
    const cancelTimer = clock.after(timeoutMs, () =>
      stop(new ThreadError("tool_timeout", `${name} did not finish within ${timeoutMs} ms`)),
    );
    const release = (): void => {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
    };
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    work(controller.signal).then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}
