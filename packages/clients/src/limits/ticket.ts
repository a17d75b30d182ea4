import type { AbortListener } from "./abort-fan-out.ts";
import type { Draw, Reservation } from "./rate-limiter.ts";
import type { Waiting } from "./request-queue.ts";

/** What a ticket is issued with. */
type Issued = Pick<Ticket, "submittedAt" | "expectedOutput" | "share" | "resolve" | "reject">;

/** The place of one request in the queue. */
export class Ticket implements Waiting, AbortListener {
  readonly draw: Draw;
  readonly front: boolean;
  readonly submittedAt: number;
  readonly expectedOutput: number;
  readonly share: number;
  readonly resolve: (reservation: Reservation) => void;
  readonly reject: (reason: unknown) => void;
  cancelled = false;
  rank = 0;
  order = 0;
  readonly #leave: (ticket: Ticket) => void;

  constructor(draw: Draw, leave: (ticket: Ticket) => void, issued: Issued) {
    this.draw = draw;
    this.front = draw.front ?? false;
    this.submittedAt = issued.submittedAt;
    this.expectedOutput = issued.expectedOutput;
    this.share = issued.share;
    this.resolve = issued.resolve;
    this.reject = issued.reject;
    this.#leave = leave;
  }

  get run(): string {
    return this.draw.run ?? "";
  }

  get priority(): number {
    return this.draw.priority ?? 0;
  }

  aborted(reason: unknown): void {
    this.#leave(this);
    this.reject(reason);
  }
}
