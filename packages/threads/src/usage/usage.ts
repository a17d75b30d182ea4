import type { Usage as AnswerUsage } from "@minference/clients";
import { Entity } from "@minference/ecs";
import * as z from "zod";
import { type Reservation, reservation } from "../budget/reservation.ts";
import { costInNanos, type ModelPrice, ratesFor, usdOf } from "../budget/model-price.ts";

const count = z.int().nonnegative();
const optionalCount = count.nullable().default(null);

function orNull(tokens: number): number | null {
  return tokens === 0 ? null : tokens;
}

const rate = z.number().nonnegative();

/** What an answer was asked for by, and what it was charged at. */
export interface UsageOrigin {
  /** The thread's `lineageId`. */
  readonly chatThreadId: string | null;
  readonly runId: string | null;
  /** The name of the client in the orchestrator. */
  readonly client: string | null;
  /** Null where none is known. */
  readonly price: ModelPrice | null;
  /** Whether it was kept from before and nothing was sent: it has cost nothing now. */
  readonly kept: boolean;
  /** What was reserved for the request; null where that is not known. */
  readonly reserved: Reservation | null;
}

const noOrigin: UsageOrigin = { chatThreadId: null, runId: null, client: null, price: null, kept: false, reserved: null };

/** The tokens one answer cost, as its provider reported them; a count that was not reported or is 0 is null. */
export class Usage extends Entity.define("Usage", {
  /** The model that answered, as the provider names it. */
  model: z.string().meta({ indexed: true }),
  /** All tokens read, those from and into a cache included. */
  promptTokens: count,
  /** All tokens written, reasoning included. */
  completionTokens: count,
  totalTokens: count,
  cacheCreationInputTokens: optionalCount,
  cacheReadInputTokens: optionalCount,
  /** The same count as `cacheReadInputTokens`, under the name OpenAI has for it. */
  cachedTokens: optionalCount,
  reasoningTokens: optionalCount,
  audioTokens: optionalCount,
  acceptedPredictionTokens: optionalCount,
  rejectedPredictionTokens: optionalCount,
  /** The `lineageId` of the thread that it was paid for. */
  chatThreadId: z.string().nullable().default(null).meta({ indexed: true }),
  /** The run that it was paid in, by its id; by its name, or null, where no ledger is kept. */
  runId: z.string().nullable().default(null).meta({ indexed: true }),
  /** The name of the client in the orchestrator. */
  client: z.string().nullable().default(null),
  /** What it cost in US dollars, rounded up to a billionth; 0 for an answer that was kept, null where no price was known. */
  costUsd: z.number().nonnegative().nullable().default(null),
  /** The rates it was computed by, in US dollars for a million tokens, and the day of which they are; null where none were known. */
  rates: z.object({ input: rate, cachedInput: rate, cacheWrite: rate, output: rate, asOf: z.string() }).readonly().nullable().default(null),
  /** What was reserved for an answer that does not say what it took, and took something; null for all others. */
  reserved: reservation.nullable().default(null),
}) {
  /** Makes the usage of an answer, with what it cost where a price is known. */
  static fromAnswer(model: string, usage: AnswerUsage, origin: UsageOrigin = noOrigin): Usage {
    const { chatThreadId, client, kept, price, reserved, runId } = origin;
    const rates = price === null ? null : ratesFor(price, usage.inputTokens);
    const paid = rates === null ? null : usdOf(costInNanos(usage, rates));
    return new Usage({
      model,
      promptTokens: usage.inputTokens,
      completionTokens: usage.outputTokens,
      totalTokens: usage.totalTokens,
      cacheCreationInputTokens: orNull(usage.cacheWriteTokens),
      cacheReadInputTokens: orNull(usage.cacheReadTokens),
      cachedTokens: orNull(usage.cacheReadTokens),
      reasoningTokens: orNull(usage.reasoningTokens),
      audioTokens: orNull(usage.audioInputTokens + usage.audioOutputTokens),
      acceptedPredictionTokens: orNull(usage.acceptedPredictionTokens),
      rejectedPredictionTokens: orNull(usage.rejectedPredictionTokens),
      chatThreadId,
      runId,
      client,
      costUsd: kept ? 0 : paid,
      rates: price === null || rates === null ? null : { ...rates, asOf: price.asOf },
      reserved: kept || usage.totalTokens > 0 ? null : reserved,
    });
  }
}
