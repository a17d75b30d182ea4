import { ThreadError } from "../errors/thread-error.ts";

/** Lets so many pieces of work run at once; others wait, first come first served. */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves when there is a slot, which is to be given back. Rejects with `cancelled` when the signal aborts before. */
  async take(name: string, signal: AbortSignal | undefined): Promise<void> {
    const calledOff = (): ThreadError => new ThreadError("cancelled", `${name} was called off`, { cause: signal?.reason });
    if (signal?.aborted === true) throw calledOff();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      this.#waiting.delete(resolve);
      reject(calledOff());
    };
    this.#waiting.add(resolve);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Hands a slot to who has waited longest. */
  giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
