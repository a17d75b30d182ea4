import * as z from "zod";
import type { Amount } from "./account.ts";
import { nanosOf, usdOf } from "./model-price.ts";

/** The schema of what was reserved for a request, as it is stored. */
export const reservation = z.object({
  tokens: z.int().nonnegative(),
  /** US dollars; null where no price was known. */
  usd: z.number().nonnegative().nullable(),
});

/** The most that a request could take. */
export type Reservation = Readonly<z.output<typeof reservation>>;

/** An attempt that may be billed without an answer. */
export interface LostAttempt {
  readonly idempotencyKey: string;
  readonly model: string;
  /** What was reserved for it; null where that is not known. */
  readonly reserved: Reservation | null;
}

/** Gives an amount as it is stored. */
export function reservationOf({ nanos, tokens }: Amount): Reservation {
  return { tokens, usd: nanos === null ? null : usdOf(nanos) };
}

/** Gives a stored amount as it is counted. */
export function amountOf({ tokens, usd }: Reservation): Amount {
  return { tokens, nanos: usd === null ? null : nanosOf(usd) };
}
