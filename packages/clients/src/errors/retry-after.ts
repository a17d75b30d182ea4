import type { AnswerHeaders } from "../wire/http-exchange.ts";

const seconds = /^\d+(?:\.\d+)?$/;
/** The forms of an HTTP date, and ISO's; `Date.parse` alone takes much else for dates, such as "-1" and "2, 5". */
const dates = /^(?:[A-Z][a-z]{2,8},? (?:[A-Z][a-z]{2} +)?\d|\d{4}-\d{2}-\d{2}T)/;

/**
 * Reads how long a provider asks to wait, in milliseconds: `retry-after-ms`, or `retry-after` as seconds or HTTP date.
 * Null where neither is given or readable; a date that has passed gives 0.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function retryAfterOf(headers: AnswerHeaders, now: number): number | null {
  const exact = headers.get("retry-after-ms")?.trim();
  if (exact !== undefined && seconds.test(exact)) return Number(exact);
  const value = headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return null;
  if (seconds.test(value)) return Number(value) * 1000;
  const date = dates.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
