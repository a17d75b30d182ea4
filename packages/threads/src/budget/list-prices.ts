import type { ModelPrice } from "./model-price.ts";
import { PriceTable } from "./price-table.ts";

/** The day on which these prices were looked up, in copies of the providers' pages that may be some weeks older. */
const asOf = "2026-11-22";

/** OpenAI bills requests with more input than this at other rates: twice the input, one and a half times the output. */
const longOpenai = 272_000;

interface Figures {
  readonly input: number;
  readonly cachedInput: number;
  /** That of input where writing costs nothing more. */
  readonly cacheWrite?: number;
  readonly output: number;
}

function openai(model: string, figures: Figures, long = false): ModelPrice {
  const { cachedInput, input, output } = figures;
  const cacheWrite = figures.cacheWrite ?? input;
  const longInput = {
    over: longOpenai,
    input: input * 2,
    cachedInput: cachedInput * 2,
    cacheWrite: cacheWrite * 2,
    output: output * 1.5,
  };
  const source = `https://developers.openai.com/api/docs/models/${model}`;
  return { provider: "openai", model, input, cachedInput, cacheWrite, output, ...(long ? { longInput } : {}), asOf, source };
}

/** Writing to the cache for five minutes, which is what the wire asks for, costs a quarter more than input. */
function anthropic(model: string, figures: Figures, longInput?: Figures & { readonly over: number }): ModelPrice {
  const rates = ({ cachedInput, input, output }: Figures) => ({ input, cachedInput, cacheWrite: input * 1.25, output });
  const source = "https://platform.claude.com/docs/en/about-claude/pricing";
  const long = longInput === undefined ? {} : { longInput: { ...rates(longInput), over: longInput.over } };
  return { provider: "anthropic", model, ...rates(figures), ...long, asOf, source };
}

/**
 * What providers ask by their public lists, for requests that are answered at once, without discounts, taxes and regional surcharges. A fact of
 * the day it was looked up: hand in prices of your own with `listPrices.with(…)` where yours differ.
 */
export const listPrices = new PriceTable([
  openai("gpt-6.2-sol", { input: 2, cachedInput: 0.1, cacheWrite: 2.5, output: 10 }, true),
  openai("gpt-6.1-sol", { input: 2, cachedInput: 0.1, cacheWrite: 2.5, output: 10 }, true),
  openai("gpt-6-astra", { input: 10, cachedInput: 1, cacheWrite: 12.5, output: 50 }, true),
  openai("gpt-6-sol", { input: 2, cachedInput: 0.2, cacheWrite: 2.5, output: 10 }, true),
  openai("gpt-6-luna", { input: 0.1, cachedInput: 0.01, cacheWrite: 0.125, output: 0.5 }, true),
  openai("gpt-5.5", { input: 5, cachedInput: 0.5, output: 30 }, true),
  openai("gpt-5.4", { input: 2.5, cachedInput: 0.25, output: 15 }, true),
  openai("gpt-5.4-mini", { input: 0.75, cachedInput: 0.075, output: 4.5 }),
  openai("gpt-5.4-nano", { input: 0.2, cachedInput: 0.02, output: 1.25 }),
  openai("gpt-5.2", { input: 1.75, cachedInput: 0.175, output: 14 }),
  openai("gpt-5.1", { input: 1.25, cachedInput: 0.125, output: 10 }),
  openai("gpt-5", { input: 1.25, cachedInput: 0.125, output: 10 }),
  openai("gpt-5-mini", { input: 0.25, cachedInput: 0.025, output: 2 }),
  openai("gpt-5-nano", { input: 0.05, cachedInput: 0.005, output: 0.4 }),
  openai("gpt-4.1", { input: 2, cachedInput: 0.5, output: 8 }),
  openai("gpt-4.1-mini", { input: 0.4, cachedInput: 0.1, output: 1.6 }),
  openai("gpt-4.1-nano", { input: 0.1, cachedInput: 0.025, output: 0.4 }),
  openai("gpt-4o", { input: 2.5, cachedInput: 1.25, output: 10 }),
  openai("gpt-4o-mini", { input: 0.15, cachedInput: 0.075, output: 0.6 }),
  openai("o3", { input: 2, cachedInput: 0.5, output: 8 }),
  openai("o4-mini", { input: 1.1, cachedInput: 0.275, output: 4.4 }),
  anthropic("claude-fable-5-1", { input: 10, cachedInput: 0.25, output: 50 }),
  anthropic("claude-fable-5", { input: 10, cachedInput: 1, output: 50 }),
  anthropic("claude-opus-5-5", { input: 4, cachedInput: 0.2, output: 20 }),
  anthropic("claude-opus-5", { input: 5, cachedInput: 0.5, output: 25 }),
  anthropic("claude-opus-4-8", { input: 5, cachedInput: 0.5, output: 25 }),
  anthropic("claude-opus-4-7", { input: 5, cachedInput: 0.5, output: 25 }),
  anthropic("claude-opus-4-6", { input: 5, cachedInput: 0.5, output: 25 }),
  anthropic("claude-opus-4-5", { input: 5, cachedInput: 0.5, output: 25 }),
  anthropic("claude-opus-4-1", { input: 15, cachedInput: 1.5, output: 75 }),
  anthropic("claude-sonnet-5-5", { input: 2, cachedInput: 0.1, output: 10 }),
  anthropic("claude-sonnet-5", { input: 2, cachedInput: 0.2, output: 10 }),
  anthropic("claude-sonnet-4-6", { input: 3, cachedInput: 0.3, output: 15 }),
  anthropic("claude-sonnet-4-5", { input: 3, cachedInput: 0.3, output: 15 }),
  anthropic(
    "claude-haiku-5-5",
    { input: 0.1, cachedInput: 0.01, output: 0.5 },
    { over: 100_000, input: 0.5, cachedInput: 0.05, output: 2.5 },
  ),
  anthropic("claude-haiku-4-5", { input: 1, cachedInput: 0.1, output: 5 }),
  anthropic("claude-3-5-haiku", { input: 0.8, cachedInput: 0.08, output: 4 }),
]);
