/**
 * Listens once to each signal however many wait for it: adding a listener to an `AbortSignal` takes time that grows with those it has,
 * so thousands of requests under one signal would be slow to queue and slow to cancel.
 */
export class AbortFanOut {
  readonly #listeners = new WeakMap<AbortSignal, Set<(reason: unknown) => void>>();

  /** Calls back once when the signal aborts; the function returned calls that off. The signal must not be aborted yet. */
  on(signal: AbortSignal, callback: (reason: unknown) => void): () => void {
    let callbacks = this.#listeners.get(signal);
    if (callbacks === undefined) {
      const waiting = new Set<(reason: unknown) => void>();
      callbacks = waiting;
      this.#listeners.set(signal, waiting);
      signal.addEventListener(
        "abort",
        () => {
          for (const each of waiting) each(signal.reason);
          waiting.clear();
        },
        { once: true },
      );
    }
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  }
}
