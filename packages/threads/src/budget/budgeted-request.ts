import type { AttemptEvent, ChatResponse } from "@minference/clients";
import type { Amount } from "./account.ts";
import { amountOf, type LostAttempt, type Reservation, reservationOf } from "./reservation.ts";
import { costInNanos, type ModelPrice, ratesFor } from "./model-price.ts";

/** Whose request it is. */
export interface BudgetedBy {
  /** The thread's `lineageId`. */
  readonly thread: string;
  readonly model: string;
  readonly maxTokens: number;
  /** Null where none is known. */
  readonly price: ModelPrice | null;
  /** Of the requests that wait, those of a higher priority go first. */
  readonly priority: number;
  /** An attempt of it before the process took it on that may be billed without an answer; null where there was none. */
  readonly lost: LostAttempt | null;
  readonly signal: AbortSignal | undefined;
}

/** What a request does to the budget. */
export interface BudgetBooking {
  reserve(amount: Amount): Promise<void> | undefined;
  settle(reserved: Amount, spent: Amount): void;
  spend(spent: Amount): void;
  /** Counts an attempt that was lost, unless it counts already. */
  spendLost(lost: LostAttempt, amount: Amount): void;
  highest(estimatedInput: number): Amount;
  learn(estimatedInput: number, inputTokens: number): void;
}

const nothing: Amount = { tokens: 0, nanos: 0 };

/** Follows one request through its attempts: reserves before each of them, settles after it. */
export class BudgetedRequest {
  readonly #by: BudgetedBy;
  readonly #booking: BudgetBooking;
  #reserved: Amount | null = null;
  #lastReserved: Amount | null = null;
  #estimatedInput = 0;
  #lost: LostAttempt | null;
  #sent = false;
  #counted = false;
  #closed = false;

  constructor(by: BudgetedBy, booking: BudgetBooking) {
    this.#by = by;
    this.#lost = by.lost;
    this.#booking = booking;
  }

  /** What was reserved for its last attempt; null before the first. */
  get lastReserved(): Reservation | null {
    return this.#lastReserved === null ? null : reservationOf(this.#lastReserved);
  }

  /**
   * Takes note of a step. Before an attempt waits for the provider's limits it waits here, where the budget has no room for it yet; `held` is told
   * of that.
   */
  async follow(event: AttemptEvent, held: () => void = () => {}): Promise<void> {
    switch (event.type) {
      case "queued": {
        const amount = this.#booking.highest(event.estimatedTokens);
        this.#estimatedInput = event.estimatedTokens;
        if (this.#lost !== null) this.#booking.spendLost(this.#lost, this.#lost.reserved === null ? amount : amountOf(this.#lost.reserved));
        this.#lost = null;
        const room = this.#booking.reserve(amount);
        if (room !== undefined) {
          held();
          await room;
        }
        this.#reserved = amount;
        this.#lastReserved = amount;
        this.#sent = false;
        if (this.#closed) this.#settle(nothing);
        return;
      }
      case "sent":
        this.#sent = true;
        return;
      case "refused":
        return this.#settle(nothing);
      case "failed":
        return this.#settle(event.charged ? "all" : nothing);
      case "done":
        return event.attempt === 0 ? undefined : this.#answered(event.response);
      case "reserved":
      case "retried":
        return;
    }
  }

  /** Ends the count, whatever became of the request; `response` is null where none came. */
  close(response: ChatResponse | null): void {
    if (response !== null && response.attempts > 0) this.#answered(response);
    this.#closed = true;
    this.#settle(this.#sent ? "all" : nothing);
  }

  #answered({ usage }: ChatResponse): void {
    if (this.#counted) return;
    this.#counted = true;
    const { price } = this.#by;
    const spent = { tokens: usage.totalTokens, nanos: price === null ? null : costInNanos(usage, ratesFor(price, usage.inputTokens)) };
    this.#booking.learn(this.#estimatedInput, usage.inputTokens);
    if (this.#reserved === null) this.#booking.spend(spent);
    // What an answer took that does not say is not known, and it took something.
    else this.#settle(usage.totalTokens === 0 ? "all" : spent);
  }

  #settle(spent: Amount | "all"): void {
    const reserved = this.#reserved;
    if (reserved === null) return;
    this.#reserved = null;
    this.#booking.settle(reserved, spent === "all" ? reserved : spent);
  }
}
