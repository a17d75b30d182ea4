import { onlyFields, shown } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import { nanosOf, usdOf } from "./model-price.ts";

/** The most that may be spent; what is left out is not limited. */
export interface SpendingLimit {
  /** Input and output together. */
  readonly tokens?: number | undefined;
  /** US dollars. */
  readonly usd?: number | undefined;
}

/** What was spent. */
export interface Spending {
  readonly tokens: number;
  /** US dollars; only what was sent where a price is known. */
  readonly usd: number;
}

/** Tokens, and what they cost in billionths of a US dollar; null where the price is not known. */
export interface Amount {
  readonly tokens: number;
  readonly nanos: number | null;
}

/** Throws `invalid_config` for a limit that is no number of at least 0, or on something else than there is. */
export function checkLimit(name: string, limit: SpendingLimit): void {
  onlyFields(`the limit of ${name}`, limit, ["tokens", "usd"]);
  for (const [unit, value] of Object.entries(limit)) {
    if (value !== undefined && !(typeof value === "number" && value >= 0))
      throw new ThreadError("invalid_config", `the limit of ${name} has to be at least 0 ${unit}, not ${shown(value)}`);
  }
}

/** Counts what is spent and reserved against one limit. Law: while amounts are reserved only where they fit, spent and reserved together never exceed the limit. */
export class Account {
  /** Whose it is, for people. */
  readonly name: string;
  readonly #limit: SpendingLimit;
  readonly #limitNanos: number;
  #spent = { tokens: 0, nanos: 0 };
  #reserved = { tokens: 0, nanos: 0 };

  /** Throws as {@link checkLimit}. */
  constructor(name: string, limit: SpendingLimit) {
    checkLimit(name, limit);
    this.name = name;
    this.#limit = limit;
    this.#limitNanos = limit.usd === undefined ? Number.POSITIVE_INFINITY : nanosOf(limit.usd);
  }

  get limitsMoney(): boolean {
    return this.#limit.usd !== undefined;
  }

  get spent(): Spending {
    return { tokens: this.#spent.tokens, usd: usdOf(this.#spent.nanos) };
  }

  /** What is in flight. */
  get reserved(): Spending {
    return { tokens: this.#reserved.tokens, usd: usdOf(this.#reserved.nanos) };
  }

  get inFlight(): boolean {
    return this.#reserved.tokens > 0;
  }

  /** Whether there is room for an amount beside what is reserved. */
  fits(amount: Amount): boolean {
    return this.#within(amount, this.#reserved);
  }

  /** Whether there would be room for it if all that is reserved were given back. */
  mayFit(amount: Amount): boolean {
    return this.#within(amount, { tokens: 0, nanos: 0 });
  }

  reserve(amount: Amount): void {
    this.#reserved = plus(this.#reserved, amount, 1);
  }

  /** Gives a reservation back and counts what was spent of it. */
  settle(reserved: Amount, spent: Amount): void {
    this.#reserved = plus(this.#reserved, reserved, -1);
    this.spend(spent);
  }

  spend(amount: Amount): void {
    this.#spent = plus(this.#spent, amount, 1);
  }

  /** Says why an amount does not fit. */
  refusal({ nanos, tokens }: Amount): string {
    const { tokens: limit = Number.POSITIVE_INFINITY } = this.#limit;
    if (this.#spent.tokens + tokens > limit) {
      return `${this.name} has ${Math.max(0, limit - this.#spent.tokens)} of ${limit} tokens left, and the request may take ${tokens}`;
    }
    const left = Math.max(0, this.#limitNanos - this.#spent.nanos);
    return `${this.name} has ${dollars(left)} of ${dollars(this.#limitNanos)} left, and the request may cost ${dollars(nanos ?? 0)}`;
  }

  #within(amount: Amount, others: { readonly tokens: number; readonly nanos: number }): boolean {
    const { tokens: limit = Number.POSITIVE_INFINITY } = this.#limit;
    const { nanos, tokens } = this.#spent;
    return tokens + others.tokens + amount.tokens <= limit && nanos + others.nanos + (amount.nanos ?? 0) <= this.#limitNanos;
  }
}

function plus(to: { tokens: number; nanos: number }, amount: Amount, sign: 1 | -1): { tokens: number; nanos: number } {
  return { tokens: to.tokens + sign * amount.tokens, nanos: to.nanos + sign * (amount.nanos ?? 0) };
}

function dollars(nanos: number): string {
  return `$${Number(usdOf(nanos).toPrecision(6))}`;
}
