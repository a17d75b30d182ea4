import type { Clock } from "../clock/clock.ts";
import type { LimitStatus } from "../contract/limit-status.ts";
import type { AbortFanOut } from "./abort-fan-out.ts";
import { Claim, type Weights } from "./claim.ts";
import { Concurrency } from "./concurrency.ts";
import type { LimitHeaders } from "./limit-headers.ts";
import { PoolBudget, shareOf } from "./pool-budget.ts";
import type { Draw, PoolKey, Reservation, Spent } from "./rate-limiter.ts";
import { RequestQueue } from "./request-queue.ts";
import type { Reservoir } from "./reservoir.ts";
import { Ticket } from "./ticket.ts";
import { UsageEstimate } from "./usage-estimate.ts";

/** The most requests that one job of Bottleneck admits; a job costs some timers, whatever its weight. */
const largestBatch = 1000;

/** What a request is expected to take when it goes, by what was learnt until then. */
interface Expected {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly weights: Weights;
}

/** Requests that are admitted together, each with what it takes. */
type Batch = ReadonlyMap<Ticket, Expected>;

const nothing = { requests: 0, inputTokens: 0, outputTokens: 0 } as const;

/**
 * Admits the requests of one pool: an ordered queue in front, and one claim at a time on Bottleneck's reservoirs for as many requests as
 * fit. Bottleneck alone dispatches about 400 jobs a second; a claim may carry a thousand requests.
 */
export class PoolLimiter {
  readonly #pool: PoolKey;
  readonly #clock: Clock;
  readonly #aborts: AbortFanOut;
  readonly #budget: PoolBudget;
  readonly #queue = new RequestQueue<Ticket>();
  readonly #concurrency: Concurrency;
  readonly #estimate = new UsageEstimate();
  readonly #idle: (() => void)[] = [];
  #claiming: { readonly batch: Batch; readonly claim: Claim } | undefined;
  #running = 0;
  #admitting = false;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | undefined;

  constructor(pool: PoolKey, clock: Clock, aborts: AbortFanOut) {
    this.#pool = pool;
    this.#clock = clock;
    this.#aborts = aborts;
    this.#budget = new PoolBudget(pool, clock);
    this.#concurrency = new Concurrency(pool.limits.maxConcurrent, clock);
  }

  acquire(draw: Draw): Promise<Reservation> {
    return new Promise((resolve, reject) => this.#submit(draw, resolve, reject));
  }

  #submit(draw: Draw, resolve: (reservation: Reservation) => void, reject: (reason: unknown) => void): void {
    draw.signal?.throwIfAborted();
    if (draw.cancellation?.cancelled !== undefined) throw draw.cancellation.cancelled;
    const { inputTokens, outputTokens, weights } = this.#expect(draw);
    this.#budget.refuseOversize(inputTokens, draw.maxOutputTokens);
    const ticket = new Ticket(draw, this.#leave, {
      submittedAt: this.#clock.monotonic(),
      expectedOutput: outputTokens,
      share: shareOf(weights),
      resolve,
      reject,
    });
    if (draw.signal !== undefined) this.#aborts.add(draw.signal, ticket);
    else draw.cancellation?.listen(ticket);
    this.#queue.push(ticket);
    this.#admit();
  }

  learn(headers: LimitHeaders): void {
    this.#budget.learn(headers);
  }

  strained(): void {
    this.#concurrency.strained();
  }

  hold(ms: number): void {
    this.#concurrency.strained();
    const until = this.#clock.monotonic() + ms;
    if (until <= this.#heldUntil) return;
    this.#heldUntil = until;
    this.#claiming?.claim.withdraw();
    this.#callOffWake();
    this.#admit();
  }

  status(): LimitStatus {
    const heldFor = this.#heldUntil - this.#clock.monotonic();
    return {
      pool: this.#pool.id,
      queued: this.#queue.size + this.#liveClaims(),
      running: this.#running,
      maxConcurrent: Number.isFinite(this.#concurrency.most) ? this.#concurrency.most : null,
      holdUntil: heldFor > 0 ? Math.round(this.#clock.now() + heldFor) : null,
      dimensions: this.#budget.status(),
    };
  }

  /** Resolves when nothing waits and nothing runs. */
  async drained(): Promise<void> {
    while (!this.#isIdle()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#idle.push(resolve);
      await promise;
    }
  }

  #liveClaims(): number {
    let live = 0;
    for (const ticket of this.#claiming?.batch.keys() ?? []) if (!ticket.cancelled) live += 1;
    return live;
  }

  #isIdle(): boolean {
    return this.#queue.size === 0 && this.#running === 0 && this.#claiming === undefined;
  }

  #checkIdle(): void {
    if (this.#queue.size === 0) this.#callOffWake();
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #callOffWake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Takes out a request that nobody waits for any longer. */
  readonly #leave = (ticket: Ticket): void => {
    if (this.#claiming?.batch.has(ticket) !== true) {
      this.#queue.cancel(ticket);
    } else if (!ticket.cancelled) {
      ticket.cancelled = true;
      if (this.#liveClaims() === 0) this.#claiming.claim.withdraw();
    }
    this.#checkIdle();
  };

  #admit(): void {
    if (this.#queue.size === 0) return;
    const heldFor = this.#heldUntil - this.#clock.monotonic();
    if (heldFor > 0) {
      this.#wake ??= this.#clock.after(heldFor, () => {
        this.#callOffWake();
        this.#admit();
      });
      return;
    }
    if (this.#admitting || this.#freeSlots() <= 0) return;
    this.#admitting = true;
    void this.#admitAll().finally(() => {
      this.#admitting = false;
      this.#admit();
    });
  }

  #freeSlots(): number {
    return this.#concurrency.most - this.#running;
  }

  async #admitAll(): Promise<void> {
    // Requests made in one turn of the event loop are ordered together before the first of them goes.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.size > 0 && this.#clock.monotonic() >= this.#heldUntil && this.#freeSlots() > 0) {
      const { batch, weights } = this.#takeBatch();
      const claim = new Claim(weights, this.#clock);
      this.#claiming = { batch, claim };
      const granted = await claim.granted();
      this.#claiming = undefined;
      if (granted) for (const [ticket, expected] of batch) this.#start(ticket, expected);
      else this.#queue.restore([...batch.keys()].filter((ticket) => !ticket.cancelled));
      this.#checkIdle();
    }
  }

  /** Takes the next request, and as many of those behind it as can go with it now. */
  #takeBatch(): { batch: Batch; weights: Weights } {
    this.#budget.refill();
    const batch = new Map<Ticket, Expected>();
    const sums = new Map<Reservoir, number>();
    const room = Math.min(largestBatch, this.#freeSlots());
    for (let next = this.#queue.peek(); next !== undefined && batch.size < room; next = this.#queue.peek()) {
      const own = this.#expect(next.draw);
      const fits = [...own.weights].every(([reservoir, units]) => (sums.get(reservoir) ?? 0) + units <= reservoir.balance);
      if (batch.size > 0 && !fits) break;
      for (const [reservoir, units] of own.weights) sums.set(reservoir, (sums.get(reservoir) ?? 0) + units);
      batch.set(next, own);
      this.#queue.pop();
    }
    return { batch, weights: sums };
  }

  #expect(draw: Draw): Expected {
    const inputTokens = this.#estimate.correctedInput(draw.inputTokens);
    const outputTokens = this.#estimate.expectedOutput(draw.maxOutputTokens);
    return { inputTokens, outputTokens, weights: this.#budget.weightsOf(inputTokens, outputTokens) };
  }

  #start(ticket: Ticket, { inputTokens, outputTokens, weights: reserved }: Expected): void {
    const { draw } = ticket;
    if (draw.signal !== undefined) this.#aborts.delete(draw.signal, ticket);
    else draw.cancellation?.unlisten(ticket);
    if (ticket.cancelled) {
      this.#budget.settle(reserved, nothing);
      return;
    }
    this.#running += 1;
    let open = true;
    const settle = (spent: Spent | "all" | "nothing"): void => {
      if (!open) return;
      open = false;
      // An error costs no tokens; an answer does, reported or not.
      if (typeof spent === "object" && (spent.reported || spent.outputTokens > 0)) this.#concurrency.answered(this.#running);
      this.#running -= 1;
      if (spent !== "all") this.#settle(draw, reserved, spent);
      this.#checkIdle();
      this.#admit();
    };
    ticket.resolve({ inputTokens, outputTokens, settle });
  }

  #settle(draw: Draw, reserved: Weights, spent: Spent | "nothing"): void {
    this.#budget.settle(reserved, spent === "nothing" ? nothing : spent);
    if (spent === "nothing" || !spent.reported) return;
    this.#estimate.learn(draw.maxOutputTokens, spent.outputTokens, draw.inputTokens, spent.inputTokens);
  }
}
