import type { Clock } from "../clock/clock.ts";
import type { ProviderError } from "../errors/provider-error.ts";
import type { AbortFanOut } from "../limits/abort-fan-out.ts";

/** Why a request was ended from outside. */
export type Ending =
  | { readonly code: "aborted" | "deadline_exceeded"; readonly reason: unknown }
  /** Another request learnt that this one cannot succeed. */
  | { readonly code: "hopeless"; readonly error: ProviderError };

/** Ends a request when its caller aborts it or its deadline passes, whatever it is doing. */
export class RequestScope {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #undo: (() => void)[] = [];
  #ending: Ending | null = null;

  constructor(clock: Clock, aborts: AbortFanOut, signal: AbortSignal | undefined, deadline: Date | undefined) {
    this.#clock = clock;
    if (signal?.aborted === true) this.#end({ code: "aborted", reason: signal.reason });
    else if (signal !== undefined) this.#undo.push(aborts.on(signal, (reason) => this.#end({ code: "aborted", reason })));
    if (deadline === undefined || this.#ending !== null) return;
    const left = deadline.getTime() - clock.now();
    const pass = (): void => this.#end({ code: "deadline_exceeded", reason: undefined });
    if (left <= 0) pass();
    else this.#undo.push(clock.after(left, pass));
  }

  /** Aborts when the request is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the request is to end; null while it may go on. */
  get ending(): Ending | null {
    return this.#ending;
  }

  /** Waits for so many milliseconds, or until the request is to end. */
  async sleep(ms: number): Promise<void> {
    if (this.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const callOff = this.#clock.after(ms, resolve);
    this.signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    callOff();
  }

  /** Lets go of the caller's signal and the deadline. */
  dispose(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Ends the request with an error that another one got. */
  giveUp(error: ProviderError): void {
    this.#end({ code: "hopeless", error });
  }

  #end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#controller.abort(new Error(`The request ended: ${ending.code}.`));
  }
}
