/** Is told once when something is not wanted any longer. */
export interface AbortListener {
  aborted(reason: unknown): void;
}

/**
 * Listens once to each signal however many wait for it: adding a listener to an `AbortSignal` takes time that grows with those it has,
 * so thousands of requests under one signal would be slow to queue and slow to cancel.
 */
export class AbortFanOut {
  readonly #listeners = new WeakMap<AbortSignal, Set<AbortListener>>();

  /** Tells the listener when the signal aborts, which it must not have done yet. */
  add(signal: AbortSignal, listener: AbortListener): void {
    let listeners = this.#listeners.get(signal);
    if (listeners === undefined) {
      const waiting = new Set<AbortListener>();
      listeners = waiting;
      this.#listeners.set(signal, waiting);
      signal.addEventListener(
        "abort",
        () => {
          for (const each of waiting) each.aborted(signal.reason);
          waiting.clear();
        },
        { once: true },
      );
    }
    listeners.add(listener);
  }

  /** Calls that off. */
  delete(signal: AbortSignal, listener: AbortListener): void {
    this.#listeners.get(signal)?.delete(listener);
  }
}
