import type { ProviderName } from "@minference/clients";
import { ThreadError } from "../errors/thread-error.ts";
import type { ModelPrice, TokenRates } from "./model-price.ts";

/** A price of one's own. `cachedInput` and `cacheWrite` are those of `input` unless given. */
export type OwnPrice = Pick<ModelPrice, "provider" | "model" | "input" | "output"> & Partial<ModelPrice>;

/** The date that providers put behind the name of a snapshot: `-2025-08-07`, `-20250929`, `-latest`. */
const snapshot = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/;

/** Takes the date of a snapshot off the name of a model. */
export function withoutSnapshot(model: string): string {
  return model.replace(snapshot, "");
}

/** Knows what models cost. Tables do not change: {@link with} makes another. */
export class PriceTable {
  readonly #prices: ReadonlyMap<string, ModelPrice>;

  /** Throws `invalid_config` for rates that are no finite numbers of at least 0. Of two prices for a model the later one counts. */
  constructor(prices: Iterable<ModelPrice>) {
    const byName = new Map<string, ModelPrice>();
    for (const price of prices) {
      checkRates(price, price);
      if (price.longInput !== undefined) checkRates(price, price.longInput);
      byName.set(keyOf(price.provider, price.model), price);
    }
    this.#prices = byName;
  }

  /** All prices, in no particular order. */
  get prices(): readonly ModelPrice[] {
    return [...this.#prices.values()];
  }

  /** Makes a table with more prices, which count in place of those for the same models. */
  with(prices: Iterable<OwnPrice>, source = "given by the application", asOf = "not dated"): PriceTable {
    const complete = Array.from(prices, (price) => ({ cachedInput: price.input, cacheWrite: price.input, source, asOf, ...price }));
    return new PriceTable([...this.prices, ...complete]);
  }

  /** Finds the price of a model, also by the name of one of its snapshots; null where none is known. */
  priceOf(provider: ProviderName, model: string): ModelPrice | null {
    const names = [model, withoutSnapshot(model), "*"];
    for (const name of names) {
      const price = this.#prices.get(keyOf(provider, name));
      if (price !== undefined) return price;
    }
    return null;
  }
}

function keyOf(provider: ProviderName, model: string): string {
  return `${provider} ${model}`;
}

function checkRates({ model, provider }: ModelPrice, rates: TokenRates): void {
  for (const name of ["input", "cachedInput", "cacheWrite", "output"] as const) {
    const rate = rates[name];
    if (!Number.isFinite(rate) || rate < 0) {
      throw new ThreadError("invalid_config", `the ${name} rate of ${model} at ${provider} has to be a number of at least 0, not ${rate}`);
    }
  }
}
