import type { Clock } from "../clock/clock.ts";
import type { ProviderError } from "../errors/provider-error.ts";
import type { AbortFanOut } from "../limits/abort-fan-out.ts";
import type { Cancellation } from "../limits/rate-limiter.ts";

/** Why a request was ended from outside. */
export type Ending =
  | { readonly code: "aborted" | "deadline_exceeded"; readonly reason: unknown }
  /** Another request learnt that this one cannot succeed. */
  | { readonly code: "hopeless"; readonly error: ProviderError };

/**
 * Ends a request when its caller aborts it or its deadline passes, whatever it is doing. Small, since each waiting request has one: only
 * what the request does at the moment listens.
 */
export class RequestScope implements Cancellation {
  readonly #clock: Clock;
  #callOffAbort: (() => void) | undefined;
  #callOffDeadline: (() => void) | undefined;
  #listener: ((reason: unknown) => void) | undefined;
  #ending: Ending | null = null;

  constructor(clock: Clock, aborts: AbortFanOut, signal: AbortSignal | undefined, deadline: Date | undefined) {
    this.#clock = clock;
    if (signal?.aborted === true) this.#end({ code: "aborted", reason: signal.reason });
    else if (signal !== undefined) this.#callOffAbort = aborts.on(signal, (reason) => this.#end({ code: "aborted", reason }));
    if (deadline === undefined || this.#ending !== null) return;
    const left = deadline.getTime() - clock.now();
    const pass = (): void => this.#end({ code: "deadline_exceeded", reason: undefined });
    if (left <= 0) pass();
    else this.#callOffDeadline = clock.after(left, pass);
  }

  /** Why the request is to end; null while it may go on. */
  get ending(): Ending | null {
    return this.#ending;
  }

  get cancelled(): unknown {
    return this.#ending ?? undefined;
  }

  on(callback: (reason: unknown) => void): () => void {
    if (this.#listener !== undefined) throw new Error("A request does one thing at a time.");
    this.#listener = callback;
    return () => {
      if (this.#listener === callback) this.#listener = undefined;
    };
  }

  /** Waits for so many milliseconds, or until the request is to end. */
  async sleep(ms: number): Promise<void> {
    if (this.#ending !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const callOff = this.#clock.after(ms, resolve);
    const stopListening = this.on(() => resolve());
    await promise;
    stopListening();
    callOff();
  }

  /** Lets go of the caller's signal and the deadline. */
  dispose(): void {
    this.#callOffAbort?.();
    this.#callOffDeadline?.();
  }

  /** Ends the request with an error that another one got. */
  giveUp(error: ProviderError): void {
    this.#end({ code: "hopeless", error });
  }

  #end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.(ending);
  }
}
