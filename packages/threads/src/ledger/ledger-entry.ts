import { Entity, ref } from "@minference/ecs";
import * as z from "zod";
import { type LostAttempt, type Reservation, reservation } from "../budget/reservation.ts";
import { threadErrorCodes } from "../errors/thread-error.ts";
import { ProcessedOutput } from "../output/processed-output.ts";
import { ChatThread } from "../thread/chat-thread.ts";
import { ledgerStatuses } from "./ledger-status.ts";
import { Run } from "./run.ts";

/** The schema of {@link SentRequest}. */
export const sentRequest = z.object({
  /** Counts the times that this request was sent since the process took the thread on, from 1. */
  attempt: z.int().min(1),
  client: z.string(),
  model: z.string(),
  /** The same for all attempts of one request, also those of a later process. */
  idempotencyKey: z.string(),
  sentAt: z.date(),
  /** The provider's id of the answer or refusal; null where there was none, or none came. */
  requestId: z.string().nullable(),
  /** Why the attempt got no answer; null while it may still get one, and when it did. */
  errorCode: z.string().nullable(),
  /** Whether the provider may have computed an answer that never came, and may bill it. */
  charged: z.boolean(),
});

/** The last request of a thread, as it was sent. Its content is that of the thread's version. */
export type SentRequest = Readonly<z.output<typeof sentRequest>>;

/** The schema of an attempt that may be billed without an answer, and the most that it can have taken. */
export const unansweredRequest = z.object({ idempotencyKey: z.string(), model: z.string(), reserved: reservation });

const failure = z.object({ code: z.enum(threadErrorCodes), message: z.string(), retryable: z.boolean() });

/**
 * One thread's place in a run, and how far it is there. Each state is a version of its own, which holds the version the thread had then;
 * that a state can have one successor only is what keeps two processes from working on one thread.
 */
export class LedgerEntry extends Entity.define("LedgerEntry", {
  run: ref(() => Run),
  thread: ref(() => ChatThread),
  /** What the model gave in the run, in order. */
  outputs: z.array(ref(() => ProcessedOutput)).default([]),
  /** The thread's place among those that were handed in. */
  index: z.int().nonnegative(),
  /** The number of the claim under which the thread is worked on. */
  claim: z.int().min(1),
  status: z.enum(ledgerStatuses).default("reserved"),
  /** How many requests of the thread were answered in the run. */
  step: z.int().nonnegative().default(0),
  /** How many times a request left, repetitions included. */
  attempts: z.int().nonnegative().default(0),
  /** How many answers were shown to the model to be corrected. */
  repairs: z.int().nonnegative().default(0),
  request: sentRequest.nullable().default(null),
  /** The most that the last attempt of the request can take; null where that was not computed. */
  reserved: reservation.nullable().default(null),
  /** The attempts before the last one that may be billed without an answer. */
  unanswered: z.array(unansweredRequest).readonly().default([]),
  /** The tool calls that must not run twice and were begun, of the last answer. */
  begunToolCalls: z.array(z.string()).readonly().default([]),
  /** Why the thread failed. */
  error: failure.nullable().default(null),
}) {
  /** The idempotency key of a request of the thread: a repetition has the same, another request another. */
  idempotencyKeyOf(step: number): string {
    return keyOf(this, step);
  }

  /** The last attempt, where no answer to it is stored and it may be billed all the same. */
  get lostAttempt(): LostAttempt | null {
    return lostAttemptOf(this);
  }

  /** Whether the last request was sent, and neither an answer to it nor a refusal is stored. */
  get awaitsAnswer(): boolean {
    return this.request?.errorCode === null && this.request.idempotencyKey === this.idempotencyKeyOf(this.step + 1);
  }
}

/** What a step changes in an entry. */
export type LedgerChange = Partial<
  Pick<LedgerEntry, "status" | "step" | "attempts" | "repairs" | "request" | "reserved" | "unanswered" | "begunToolCalls" | "error">
>;

function keyOf({ lineageId }: { readonly lineageId: string }, step: number): string {
  return `${lineageId}/${step}`;
}

/** Gives the last attempt of an entry, where no answer to it is stored and it may be billed all the same. */
export function lostAttemptOf(entry: {
  readonly lineageId: string;
  readonly step: number;
  readonly request: Pick<SentRequest, "idempotencyKey" | "model" | "errorCode" | "charged"> | null;
  readonly reserved: Reservation | null;
}): LostAttempt | null {
  const { request, reserved, step } = entry;
  if (request?.idempotencyKey !== keyOf(entry, step + 1) || !(request.errorCode === null || request.charged)) return null;
  const { idempotencyKey, model } = request;
  return { idempotencyKey, model, reserved };
}
