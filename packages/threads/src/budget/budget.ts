import type { EntityRegistry } from "@minference/ecs";
import { onlyFields } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import { unansweredOf } from "../ledger/unanswered.ts";
import { type UsageFilter, usagesOf } from "../usage/usage-of.ts";
import type { Usage } from "../usage/usage.ts";
import { Account, type Amount, type Spending, type SpendingLimit } from "./account.ts";
import { type BudgetedBy, BudgetedRequest } from "./budgeted-request.ts";
import { highestCostInNanos, nanosOf } from "./model-price.ts";
import { withoutSnapshot } from "./price-table.ts";
import { amountOf } from "./reservation.ts";

/** What may be spent, and how requests are counted before they are answered. */
export interface BudgetOptions {
  /** For all threads together. */
  readonly total?: SpendingLimit | undefined;
  /** For each thread, its branches included. */
  readonly perThread?: SpendingLimit | undefined;
  /** For models, by the names that requests have for them. */
  readonly perModel?: Readonly<Record<string, SpendingLimit>> | undefined;
  /**
   * How many times its estimate a request's input is taken to have while it is in flight. Default 1.5: tokenizers differ, and providers add
   * tokens of their own. It is raised for a model whose answers report more.
   */
  readonly inputMargin?: number | undefined;
}

interface Waiting {
  readonly priority: number;
  readonly amount: Amount;
  readonly accounts: readonly Account[];
  readonly admit: () => void;
  readonly refuse: (error: ThreadError) => void;
}

const nothingWaits: Amount = { tokens: Number.POSITIVE_INFINITY, nanos: Number.POSITIVE_INFINITY };

/**
 * Limits what threads spend, in tokens and in money; one budget can serve several runs. Before a request leaves, the most that it can take is
 * reserved, and afterwards settled by what it took. One that does not fit beside what is in flight waits, threads that have begun before others; one that would not fit even
 * if all of that were given back fails with `budget_exceeded`, unsent. Law: what is spent exceeds no limit, as long as no
 * provider counts more input than was reserved for it.
 */
export class Budget {
  readonly #total: Account;
  readonly #perThread: SpendingLimit | undefined;
  readonly #threads = new Map<string, Account>();
  readonly #models: ReadonlyMap<string, Account>;
  readonly #inputMargin: number;
  readonly #margins = new Map<string, number>();
  /** The requests of which an attempt that was lost before counts already, by their idempotency keys. */
  readonly #takenUp = new Set<string>();
  /** Those of a higher priority first, else in the order in which they came. */
  readonly #waiting: Waiting[] = [];
  /** No more than what any of those that wait needs. */
  #least: Amount = nothingWaits;

  /** Throws `invalid_config` for limits below 0, limits on what there is none on, and an `inputMargin` below 1. */
  constructor(options: BudgetOptions) {
    onlyFields("a budget", options, ["total", "perThread", "perModel", "inputMargin"]);
    const { inputMargin = 1.5, perModel = {}, perThread, total = {} } = options;
    if (!(inputMargin >= 1)) throw new ThreadError("invalid_config", `inputMargin has to be at least 1, not ${inputMargin}`);
    this.#total = new Account("the budget", total);
    this.#perThread = perThread;
    if (perThread !== undefined) this.#accountOfThread("");
    this.#models = new Map(Object.entries(perModel).map(([model, limit]) => [model, new Account(`the budget of ${model}`, limit)]));
    this.#inputMargin = inputMargin;
  }

  /** What was spent, and what may have been: a request that ended without an answer and may have been billed counts with all that was reserved. */
  get spent(): Spending {
    return this.#total.spent;
  }

  /** What is in flight: the most that it can take. */
  get reserved(): Spending {
    return this.#total.reserved;
  }

  /** What a thread has spent of its own limit; nothing where threads have none. */
  spentByThread(lineageId: string): Spending {
    return this.#threads.get(lineageId)?.spent ?? { tokens: 0, usd: 0 };
  }

  /**
   * Counts what was spent before, such as by the run that is taken up: `budget.takeUp(registry, { run })`. Attempts that have no answer and may be
   * billed all the same, such as those under way when a process died, count with what was reserved for them, and go on to count when they
   * are sent again: both may be billed.
   */
  async takeUp(registry: EntityRegistry, filter: UsageFilter = {}): Promise<void> {
    for await (const usage of usagesOf(registry, filter)) this.#spend(usage.chatThreadId ?? "", usage.model, amountSpent(usage));
    for await (const { chatThreadId, idempotencyKey, model, reserved } of unansweredOf(registry, filter)) {
      this.#spend(chatThreadId, model, amountOf(reserved));
      this.#takenUp.add(idempotencyKey);
    }
    this.#serveWaiting();
  }

  /** Begins to count a request. Throws `unknown_price` where money is limited and what it costs is not known. */
  open(by: BudgetedBy): BudgetedRequest {
    const accounts = this.#accountsOf(by.thread, by.model);
    if (by.price === null && accounts.some((account) => account.limitsMoney)) {
      throw new ThreadError(
        "unknown_price",
        `money is limited, and no price is known for ${by.model}: give the orchestrator one with prices: listPrices.with([…])`,
      );
    }
    return new BudgetedRequest(by, {
      reserve: (amount) => this.#reserve(amount, accounts, by),
      settle: (reserved, spent) => {
        for (const account of accounts) account.settle(reserved, spent);
        this.#serveWaiting();
      },
      spend: (spent) => {
        for (const account of accounts) account.spend(spent);
        this.#serveWaiting();
      },
      spendLost: ({ idempotencyKey }, amount) => {
        if (this.#takenUp.has(idempotencyKey)) return;
        this.#takenUp.add(idempotencyKey);
        for (const account of accounts) account.spend(amount);
        this.#serveWaiting();
      },
      highest: (estimatedInput) => this.#highest(by, estimatedInput),
      learn: (estimatedInput, inputTokens) => this.#learn(by.model, estimatedInput, inputTokens),
    });
  }

  #spend(thread: string, model: string, amount: Amount): void {
    for (const account of this.#accountsOf(thread, model)) account.spend(amount);
  }

  #accountsOf(thread: string, model: string): readonly Account[] {
    const ofModel = this.#models.get(model) ?? this.#models.get(withoutSnapshot(model));
    const ofThread = this.#perThread === undefined ? undefined : this.#accountOfThread(thread);
    return [this.#total, ofThread, ofModel].filter((account) => account !== undefined);
  }

  #accountOfThread(lineageId: string): Account {
    const known = this.#threads.get(lineageId);
    if (known !== undefined) return known;
    const account = new Account("the budget of the thread", this.#perThread ?? {});
    this.#threads.set(lineageId, account);
    return account;
  }

  #highest({ maxTokens, model, price }: BudgetedBy, estimatedInput: number): Amount {
    const input = Math.ceil(estimatedInput * (this.#margins.get(model) ?? this.#inputMargin));
    return { tokens: input + maxTokens, nanos: price === null ? null : highestCostInNanos(price, input, maxTokens) };
  }

  #learn(model: string, estimatedInput: number, inputTokens: number): void {
    if (estimatedInput <= 0) return;
    const seen = (inputTokens / estimatedInput) * 1.1;
    if (seen > (this.#margins.get(model) ?? this.#inputMargin)) this.#margins.set(model, seen);
  }

  /** Resolves once the amount is reserved. Rejects with `budget_exceeded`, or with `cancelled` when the signal aborts. */
  #reserve(amount: Amount, accounts: readonly Account[], { priority, signal }: BudgetedBy): Promise<void> | undefined {
    this.#refuseHopeless(amount, accounts);
    if (accounts.every((account) => account.fits(amount))) {
      for (const account of accounts) account.reserve(amount);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => waiting.refuse(new ThreadError("cancelled", "the run was called off", { cause: signal?.reason }));
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiting: Waiting = {
        priority,
        amount,
        accounts,
        admit: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const before = this.#waiting.findLastIndex((other) => other.priority >= priority);
      this.#waiting.splice(before + 1, 0, waiting);
      this.#least = { tokens: Math.min(this.#least.tokens, amount.tokens), nanos: Math.min(this.#least.nanos ?? 0, amount.nanos ?? 0) };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /**
   * Admits what fits now and refuses what never will. Stops where nothing more can fit, since there may be thousands; when nothing is
   * in flight it goes through all of them, so that none waits for ever.
   */
  #serveWaiting(): void {
    // Those served leave the list meanwhile.
    for (const waiting of this.#waiting.slice()) {
      if (this.#total.inFlight && !this.#total.fits(this.#least)) return;
      const { accounts, amount } = waiting;
      try {
        this.#refuseHopeless(amount, accounts);
      } catch (error) {
        if (ThreadError.is(error)) waiting.refuse(error);
        continue;
      }
      if (!accounts.every((account) => account.fits(amount))) continue;
      for (const account of accounts) account.reserve(amount);
      waiting.admit();
    }
    if (this.#waiting.length === 0) this.#least = nothingWaits;
  }

  #refuseHopeless(amount: Amount, accounts: readonly Account[]): void {
    const full = accounts.find((account) => !account.mayFit(amount));
    if (full !== undefined) throw new ThreadError("budget_exceeded", full.refusal(amount));
  }
}

function amountSpent({ costUsd, reserved, totalTokens }: Usage): Amount {
  return reserved === null ? { tokens: totalTokens, nanos: costUsd === null ? null : nanosOf(costUsd) } : amountOf(reserved);
}
