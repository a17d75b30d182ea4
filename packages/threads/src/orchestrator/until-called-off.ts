import { ThreadError } from "../errors/thread-error.ts";

/** Waits for what somebody outside decides, no longer than the run goes on: rejects with `cancelled` when it is called off. */
export async function untilCalledOff<T>(signal: AbortSignal | undefined, work: () => T | Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const callOff = (): void => reject(new ThreadError("cancelled", "the run was called off"));
  if (signal?.aborted === true) callOff();
  signal?.addEventListener("abort", callOff, { once: true });
  try {
    return await Promise.race([promise, work()]);
  } finally {
    signal?.removeEventListener("abort", callOff);
  }
}
