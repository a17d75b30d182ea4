import type { LimitDimension } from "../contract/limit-status.ts";
import type { AnswerHeaders } from "../wire/http-exchange.ts";

/** What a provider says of one limit; null where it does not say. */
export interface HeaderLimit {
  readonly dimension: LimitDimension;
  readonly limit: number | null;
  readonly remaining: number | null;
  /** Milliseconds until the budget is full again. */
  readonly resetMs: number | null;
}

/** What the headers of an answer say of the limits. */
export type LimitHeaders = readonly HeaderLimit[];

const number = /^\d+(?:\.\d+)?$/;
const duration = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a span such as `6m0s` or `20ms`, or an instant such as `2026-01-01T00:00:00Z`, as milliseconds from now. */
function resetOf(value: string | null, now: number): number | null {
  if (value === null || value === "") return null;
  if (number.test(value)) return Number(value) * 1000;
  if (/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(value)) {
    let total = 0;
    for (const [, amount, unit] of value.matchAll(duration)) total += Number(amount) * (units[unit ?? "ms"] ?? 0);
    return total;
  }
  const instant = Date.parse(value);
  return Number.isNaN(instant) ? null : Math.max(0, instant - now);
}

/** Reads a count; null for what is none, or is too large to be one. */
function countOf(value: string | null): number | null {
  const count = value !== null && number.test(value) ? Math.floor(Number(value)) : Number.NaN;
  return Number.isSafeInteger(count) ? count : null;
}

const families = [
  { prefix: "x-ratelimit-", order: (field: string, name: string) => `${field}-${name}` },
  { prefix: "anthropic-ratelimit-", order: (field: string, name: string) => `${name}-${field}` },
] as const;

const names: readonly (readonly [string, LimitDimension])[] = [
  ["requests", "requests"],
  ["tokens", "tokens"],
  ["input-tokens", "input_tokens"],
  ["output-tokens", "output_tokens"],
];

/** The headers that tell of one limit. */
const told = families.flatMap(({ prefix, order }) =>
  names.map(([name, dimension]) => ({
    dimension,
    limit: prefix + order("limit", name),
    remaining: prefix + order("remaining", name),
    reset: prefix + order("reset", name),
  })),
);

/**
 * Reads the limit headers of either wire.
 *
 * Sources: https://platform.openai.com/docs/guides/rate-limits and https://docs.anthropic.com/en/api/rate-limits
 */
export function limitHeadersOf(headers: AnswerHeaders, now: number): LimitHeaders {
  const found: HeaderLimit[] = [];
  for (const header of told) {
    const limit = countOf(headers.get(header.limit));
    const remaining = countOf(headers.get(header.remaining));
    if (limit === null && remaining === null) continue;
    found.push({ dimension: header.dimension, limit, remaining, resetMs: resetOf(headers.get(header.reset), now) });
  }
  return found;
}
