import type { Clock } from "../clock/clock.ts";
import type { ProviderError } from "../errors/provider-error.ts";
import type { AbortFanOut, AbortListener } from "../limits/abort-fan-out.ts";
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
export class RequestScope implements Cancellation, AbortListener {
  readonly #clock: Clock;
  readonly #aborts: AbortFanOut;
  #signal: AbortSignal | undefined;
  #callOffDeadline: (() => void) | undefined;
  #listener: AbortListener | undefined;
  #ending: Ending | null = null;

  constructor(clock: Clock, aborts: AbortFanOut, signal: AbortSignal | undefined, deadline: Date | undefined) {
    this.#clock = clock;
    this.#aborts = aborts;
    if (signal?.aborted === true) this.aborted(signal.reason);
    if (this.#ending !== null) return;
    if (signal !== undefined) {
      this.#signal = signal;
      aborts.add(signal, this);
    }
    if (deadline !== undefined) this.#endAt(deadline.getTime() - clock.now());
  }

  /** Why the request is to end; null while it may go on. */
  get ending(): Ending | null {
    return this.#ending;
  }

  get cancelled(): unknown {
    return this.#ending ?? undefined;
  }

  listen(listener: AbortListener): void {
    if (this.#listener !== undefined) throw new Error("A request does one thing at a time.");
    this.#listener = listener;
  }

  unlisten(listener: AbortListener): void {
    if (this.#listener === listener) this.#listener = undefined;
  }

  /** Waits for so many milliseconds, or until the request is to end. */
  async sleep(ms: number): Promise<void> {
    if (this.#ending !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const callOff = this.#clock.after(ms, resolve);
    const listener = { aborted: () => resolve() };
    this.listen(listener);
    await promise;
    this.unlisten(listener);
    callOff();
  }

  /** Lets go of the caller's signal and the deadline. */
  dispose(): void {
    if (this.#signal !== undefined) this.#aborts.delete(this.#signal, this);
    this.#callOffDeadline?.();
  }

  /** Ends the request because its caller does not want it any longer. */
  aborted(reason: unknown): void {
    this.#end({ code: "aborted", reason });
  }

  /** Ends the request with an error that another one got. */
  giveUp(error: ProviderError): void {
    this.#end({ code: "hopeless", error });
  }

  #endAt(left: number): void {
    const pass = (): void => this.#end({ code: "deadline_exceeded", reason: undefined });
    if (left <= 0) pass();
    else this.#callOffDeadline = this.#clock.after(left, pass);
  }

  #end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.aborted(ending);
  }
}
