import type { Clock } from "../clock/clock.ts";
import type { LimitDimension, LimitStatus } from "../contract/limit-status.ts";
import type { AbortFanOut } from "./abort-fan-out.ts";
import type { LimitHeaders } from "./limit-headers.ts";
import { type Draw, OversizeError, type PoolKey, type Reservation, type Spent } from "./rate-limiter.ts";
import type { RateLimits } from "./rate-limits.ts";
import { RequestQueue, type Waiting } from "./request-queue.ts";
import { Reservoir } from "./reservoir.ts";
import { UsageEstimate } from "./usage-estimate.ts";

/** The most requests that one job of Bottleneck admits; a job costs some timers, whatever its weight. */
const largestBatch = 1000;
/** The longest time between two looks at a claim that waits for its refill, in milliseconds. */
const longestLook = 1000;
/** The time after which a claim that is covered is looked at again, should it have been overtaken by a charge, in milliseconds. */
const coveredLook = 50;

interface Ticket extends Waiting {
  readonly draw: Draw;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly resolve: (reservation: Reservation) => void;
  readonly stopListening: () => void;
}

type Weights = ReadonlyMap<Reservoir, number>;

interface Batch {
  readonly reserved: ReadonlyMap<Ticket, Weights>;
  readonly weights: Weights;
}

/** Admits the requests of one pool. */
export class PoolLimiter {
  readonly #pool: PoolKey;
  readonly #clock: Clock;
  readonly #aborts: AbortFanOut;
  readonly #reservoirs = new Map<LimitDimension, Reservoir>();
  readonly #queue = new RequestQueue<Ticket>();
  readonly #estimate = new UsageEstimate();
  readonly #idle: (() => void)[] = [];
  #claimed: ReadonlySet<Ticket> = new Set();
  #interrupt: (() => void) | undefined;
  #running = 0;
  #admitting = false;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | undefined;

  constructor(pool: PoolKey, clock: Clock, aborts: AbortFanOut) {
    this.#pool = pool;
    this.#clock = clock;
    this.#aborts = aborts;
    for (const [dimension, perMinute] of dimensionsOf(pool.limits)) this.#addReservoir(dimension, perMinute);
  }

  acquire(draw: Draw): Promise<Reservation> {
    draw.signal?.throwIfAborted();
    const inputTokens = this.#estimate.correctedInput(draw.inputTokens);
    const outputTokens = this.#estimate.expectedOutput(draw.maxOutputTokens);
    this.#refuseOversize(inputTokens, draw.maxOutputTokens);
    const { promise, resolve, reject } = Promise.withResolvers<Reservation>();
    const ticket: Ticket = {
      draw,
      inputTokens,
      outputTokens,
      run: draw.run ?? "",
      front: draw.front ?? false,
      submittedAt: this.#clock.monotonic(),
      expectedOutput: outputTokens,
      share: this.#shareOf(inputTokens, outputTokens),
      cancelled: false,
      resolve,
      stopListening:
        draw.signal === undefined
          ? () => {}
          : this.#aborts.on(draw.signal, (reason) => {
              this.#cancel(ticket);
              reject(reason);
            }),
    };
    this.#queue.push(ticket);
    this.#admit();
    return promise;
  }

  learn(headers: LimitHeaders): void {
    const apart = headers.some((header) => header.dimension === "input_tokens" && header.limit !== null);
    if (this.#pool.adaptable && apart) this.#reservoirs.delete("tokens");
    for (const { dimension, limit, remaining } of headers) {
      const reservoir = this.#reservoirs.get(dimension);
      if (reservoir !== undefined) {
        if (limit !== null && limit > 0 && (this.#pool.adaptable || limit < reservoir.perMinute)) reservoir.setRate(limit);
        reservoir.refill();
        if (remaining !== null) reservoir.lowerTo(remaining);
      } else if (this.#pool.adaptable && limit !== null && limit > 0 && !(apart && dimension === "tokens")) {
        this.#addReservoir(dimension, limit).lowerTo(remaining ?? limit);
      }
    }
  }

  hold(ms: number): void {
    const until = this.#clock.monotonic() + ms;
    if (until <= this.#heldUntil) return;
    this.#heldUntil = until;
    this.#interrupt?.();
    this.#callOffWake();
    this.#admit();
  }

  status(): LimitStatus {
    for (const reservoir of this.#reservoirs.values()) reservoir.refill();
    const heldFor = this.#heldUntil - this.#clock.monotonic();
    return {
      pool: this.#pool.id,
      queued: this.#queue.size + [...this.#claimed].filter((ticket) => !ticket.cancelled).length,
      running: this.#running,
      maxConcurrent: this.#pool.limits.maxConcurrent ?? null,
      holdUntil: heldFor > 0 ? Math.round(this.#clock.now() + heldFor) : null,
      dimensions: [...this.#reservoirs.values()].map((reservoir) => reservoir.status()),
    };
  }

  /** Resolves when nothing waits and nothing runs. */
  async drained(): Promise<void> {
    while (this.#queue.size > 0 || this.#running > 0 || this.#claimed.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#idle.push(resolve);
      await promise;
    }
  }

  #addReservoir(dimension: LimitDimension, perMinute: number): Reservoir {
    const { burstSeconds } = this.#pool.limits;
    const reservoir = new Reservoir({ dimension, perMinute, burstSeconds, clock: this.#clock });
    this.#reservoirs.set(dimension, reservoir);
    return reservoir;
  }

  #refuseOversize(inputTokens: number, maxOutputTokens: number): void {
    if (this.#pool.adaptable) return;
    for (const { dimension, perMinute } of this.#reservoirs.values()) {
      const needed = dimension === "tokens" ? inputTokens + maxOutputTokens : dimension === "input_tokens" ? inputTokens : 0;
      if (needed > perMinute) throw new OversizeError(this.#pool.id, dimension, needed, perMinute);
    }
  }

  #weight(reservoir: Reservoir, inputTokens: number, outputTokens: number): number {
    const units = unitsOf(reservoir.dimension, 1, inputTokens, outputTokens);
    return Math.min(units, Math.max(1, Math.floor(reservoir.perMinute)));
  }

  #shareOf(inputTokens: number, outputTokens: number): number {
    let share = 0;
    for (const reservoir of this.#reservoirs.values()) {
      share = Math.max(share, this.#weight(reservoir, inputTokens, outputTokens) / reservoir.perMinute);
    }
    return share;
  }

  #cancel(ticket: Ticket): void {
    if (!this.#claimed.has(ticket)) {
      this.#queue.cancel(ticket);
    } else if (!ticket.cancelled) {
      ticket.cancelled = true;
      if ([...this.#claimed].every((other) => other.cancelled)) this.#interrupt?.();
    }
    this.#checkIdle();
  }

  #callOffWake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #checkIdle(): void {
    if (this.#queue.size === 0) this.#callOffWake();
    if (this.#queue.size > 0 || this.#running > 0 || this.#claimed.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #admit(): void {
    const heldFor = this.#heldUntil - this.#clock.monotonic();
    if (heldFor > 0) {
      if (this.#queue.size === 0) return;
      this.#wake ??= this.#clock.after(heldFor, () => {
        this.#callOffWake();
        this.#admit();
      });
      return;
    }
    if (this.#admitting) return;
    this.#admitting = true;
    void this.#admitAll().finally(() => {
      this.#admitting = false;
      if (this.#queue.size > 0 && this.#freeSlots() > 0) this.#admit();
    });
  }

  #mayAdmit(): boolean {
    return this.#queue.size > 0 && this.#clock.monotonic() >= this.#heldUntil && this.#freeSlots() > 0;
  }

  #freeSlots(): number {
    return (this.#pool.limits.maxConcurrent ?? Number.POSITIVE_INFINITY) - this.#running;
  }

  async #admitAll(): Promise<void> {
    // Requests made in one turn of the event loop are ordered together before the first of them goes.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#mayAdmit()) {
      const batch = this.#takeBatch();
      this.#claimed = new Set(batch.reserved.keys());
      const granted = await this.#granted(batch.weights);
      this.#claimed = new Set();
      if (granted) {
        for (const [ticket, reserved] of batch.reserved) this.#start(ticket, reserved);
      } else {
        this.#queue.restore([...batch.reserved.keys()].filter((ticket) => !ticket.cancelled));
      }
      this.#checkIdle();
    }
  }

  /** Takes the next request, and as many of those behind it as can go with it now. */
  #takeBatch(): Batch {
    const reserved = new Map<Ticket, Weights>();
    const weights = new Map<Reservoir, number>();
    const reservoirs = [...this.#reservoirs.values()];
    for (const reservoir of reservoirs) reservoir.refill();
    const room = Math.min(largestBatch, this.#freeSlots());
    for (let next = this.#queue.peek(); next !== undefined && reserved.size < room; next = this.#queue.peek()) {
      const { inputTokens, outputTokens } = next;
      const own = new Map(reservoirs.map((reservoir) => [reservoir, this.#weight(reservoir, inputTokens, outputTokens)]));
      const fits = [...own].every(([reservoir, units]) => (weights.get(reservoir) ?? 0) + units <= reservoir.balance);
      if (reserved.size > 0 && !fits) break;
      for (const [reservoir, units] of own) weights.set(reservoir, (weights.get(reservoir) ?? 0) + units);
      reserved.set(next, own);
      this.#queue.pop();
    }
    return { reserved, weights };
  }

  /** Claims the weights and refills until they are granted. False when interrupted: then all of it was given back. */
  async #granted(weights: Weights): Promise<boolean> {
    const progress = { granted: false, interrupted: false, look: () => {} };
    const grants = Promise.all([...weights].map(([reservoir, units]) => reservoir.claim(units))).then(() => {
      progress.granted = true;
      progress.look();
    });
    this.#interrupt = () => {
      if (progress.granted || progress.interrupted) return;
      progress.interrupted = true;
      for (const [reservoir, units] of weights) reservoir.withdraw(units);
    };
    while (!progress.granted) {
      for (const reservoir of weights.keys()) reservoir.refill();
      const wait = Math.max(0, ...[...weights.keys()].map((reservoir) => reservoir.msUntil(0)));
      const { promise, resolve } = Promise.withResolvers<void>();
      progress.look = resolve;
      const callOff = this.#clock.after(wait === 0 ? coveredLook : Math.min(longestLook, wait), resolve);
      await promise;
      callOff();
    }
    this.#interrupt = undefined;
    await grants;
    if (progress.interrupted) return false;
    for (const [reservoir, units] of weights) reservoir.use(units);
    return true;
  }

  #start(ticket: Ticket, reserved: Weights): void {
    ticket.stopListening();
    if (ticket.cancelled) {
      for (const [reservoir, units] of reserved) reservoir.giveBack(units);
      return;
    }
    this.#running += 1;
    let open = true;
    const settle = (spent: Spent | "all" | "nothing"): void => {
      if (!open) return;
      open = false;
      this.#running -= 1;
      if (spent !== "all") this.#reconcile(ticket, reserved, spent);
      this.#checkIdle();
      this.#admit();
    };
    ticket.resolve({ inputTokens: ticket.inputTokens, outputTokens: ticket.outputTokens, settle });
  }

  #reconcile(ticket: Ticket, reserved: Weights, spent: Spent | "nothing"): void {
    const { requests, inputTokens, outputTokens } = spent === "nothing" ? { requests: 0, inputTokens: 0, outputTokens: 0 } : spent;
    for (const [reservoir, units] of reserved) {
      reservoir.refill();
      const kept = unitsOf(reservoir.dimension, requests, inputTokens, outputTokens);
      reservoir.giveBack(units - kept);
    }
    if (spent !== "nothing" && spent.reported) {
      this.#estimate.learn(ticket.draw.maxOutputTokens, outputTokens, ticket.draw.inputTokens, inputTokens);
    }
  }
}

function unitsOf(dimension: LimitDimension, requests: number, inputTokens: number, outputTokens: number): number {
  if (dimension === "requests") return requests;
  if (dimension === "input_tokens") return inputTokens;
  return dimension === "output_tokens" ? outputTokens : inputTokens + outputTokens;
}

function dimensionsOf(limits: RateLimits): (readonly [LimitDimension, number])[] {
  const all: (readonly [LimitDimension, number | undefined])[] = [
    ["requests", limits.requestsPerMinute],
    ["tokens", limits.tokensPerMinute],
    ["input_tokens", limits.inputTokensPerMinute],
    ["output_tokens", limits.outputTokensPerMinute],
  ];
  return all.flatMap(([dimension, perMinute]) => (perMinute === undefined ? [] : [[dimension, perMinute] as const]));
}
