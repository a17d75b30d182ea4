import Bottleneck from "bottleneck";
import type { Clock } from "../clock/clock.ts";
import type { DimensionStatus, LimitDimension } from "../contract/limit-status.ts";
import { burstShare, defaultBurstSeconds } from "./rate-limits.ts";

/** How a reservoir is set up. */
export interface ReservoirOptions {
  readonly dimension: LimitDimension;
  readonly perMinute: number;
  readonly burstSeconds?: number | undefined;
  readonly clock: Clock;
}

/** How many minutes a day has. */
export const minutesPerDay = 1440;

const perDay: ReadonlySet<LimitDimension> = new Set<LimitDimension>(["requests_per_day", "tokens_per_day"]);

const nothing = async (): Promise<void> => {};

/**
 * The budget of one dimension, in whole units. Bottleneck's reservoir is what grants; this class refills it by the monotonic clock and
 * keeps a copy of the balance, since Bottleneck tells its own only through a timer.
 *
 * Law: balance = initial + refills − claims + what was given back, and Bottleneck's reservoir is the balance plus claims not granted yet.
 */
export class Reservoir {
  readonly dimension: LimitDimension;
  readonly #clock: Clock;
  readonly #burstSeconds: number;
  readonly #limiter: Bottleneck;
  #perMinute: number;
  #balance: number;
  #refilledAt: number;
  #fraction = 0;
  #claimed = 0;
  #unflushed = 0;
  #flushing = false;

  constructor(options: ReservoirOptions) {
    this.dimension = options.dimension;
    this.#clock = options.clock;
    this.#burstSeconds = options.burstSeconds ?? defaultBurstSeconds;
    this.#perMinute = options.perMinute;
    this.#balance = this.capacity;
    this.#refilledAt = options.clock.monotonic();
    this.#limiter = new Bottleneck({ reservoir: this.#balance });
  }

  get perMinute(): number {
    return this.#perMinute;
  }

  /** The most a single request may take: what the limit allows in its minute or day. */
  get window(): number {
    return Math.max(1, Math.floor(this.#perMinute * (perDay.has(this.dimension) ? minutesPerDay : 1)));
  }

  /** The most that is saved up while idle; at least one unit, at most a minute's worth, of a limit for a day a whole day's. */
  get capacity(): number {
    if (perDay.has(this.dimension)) return this.window;
    const seconds = Math.min(60, this.#burstSeconds);
    return Math.max(1, Math.floor((this.#perMinute / 60) * seconds * burstShare));
  }

  /** What is left after all claims; negative while a claim waits. */
  get balance(): number {
    return this.#balance;
  }

  /** Changes the rate from now on. What was saved up stays, up to the new capacity. */
  setRate(perMinute: number): void {
    this.refill();
    this.#perMinute = perMinute;
    this.giveBack(0);
  }

  /** Adds what has accrued since the last refill, as far as there is room. */
  refill(): void {
    const now = this.#clock.monotonic();
    const accrued = (Math.max(0, now - this.#refilledAt) * this.#perMinute) / 60_000 + this.#fraction;
    this.#refilledAt = now;
    const room = this.#most() - this.#balance;
    const whole = Math.floor(accrued);
    this.#fraction = whole < room ? accrued - whole : 0;
    this.#add(Math.max(0, Math.min(whole, room)));
  }

  /** Milliseconds until the balance would be `units` if nothing else were claimed; 0 if it is. */
  msUntil(units: number): number {
    const missing = units - this.#balance - this.#fraction;
    return missing <= 0 ? 0 : Math.ceil((missing * 60_000) / this.#perMinute);
  }

  /** Claims units. Resolves when Bottleneck grants them, in the order of claims. To be followed by `use` or `withdraw`. */
  async claim(units: number): Promise<void> {
    this.#balance -= units;
    this.#claimed += units;
    await this.#limiter.schedule({ weight: units }, nothing);
  }

  /** Notes that claimed units are used from now on. Until then they count as saved up, which the provider has not been asked for. */
  use(units: number): void {
    this.#claimed -= units;
  }

  /** Takes a claim back. If it still waits, it is granted at once, for nobody. */
  withdraw(units: number): void {
    this.#claimed -= units;
    this.giveBack(units);
  }

  /** Gives used units back, or charges more where negative; what there is no room for is lost. */
  giveBack(units: number): void {
    this.#add(units);
    const excess = this.#balance - this.#most();
    if (excess > 0) this.#add(-excess);
  }

  /** Lowers what is left, claims included, to `units`; never raises it. */
  lowerTo(units: number): void {
    const left = this.#balance + this.#claimed;
    if (left > units) this.#add(units - left);
  }

  status(): DimensionStatus {
    return { dimension: this.dimension, perMinute: this.#perMinute, capacity: this.capacity, balance: this.#balance };
  }

  /** The highest balance: with the claims it makes up the capacity, or a claim that is larger. */
  #most(): number {
    return Math.max(this.capacity, this.#claimed) - this.#claimed;
  }

  #add(units: number): void {
    if (units === 0) return;
    this.#balance += units;
    this.#unflushed += units;
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const units = this.#unflushed;
    this.#unflushed = 0;
    this.#flushing = false;
    if (units !== 0) void this.#limiter.incrementReservoir(units);
  }
}
