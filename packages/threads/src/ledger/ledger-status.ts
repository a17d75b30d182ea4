/**
 * How far a thread of a run is:
 *
 * - `reserved`: its next request has not left, or the last attempt was refused and another may follow;
 * - `sent`: an attempt left and no answer is stored; written before its first byte;
 * - `done`: the answer is stored, in the same commit; tool calls of it may be open;
 * - `in_doubt`: it was `sent` when the process that sent it ended, so that nobody can tell whether it was answered;
 * - `awaiting_approval`: tool calls wait for a decision;
 * - `completed`, `failed`: the thread has its outcome.
 */
export const ledgerStatuses = ["reserved", "sent", "done", "in_doubt", "awaiting_approval", "completed", "failed"] as const;

/** How far a thread of a run is; see {@link ledgerStatuses}. */
export type LedgerStatus = (typeof ledgerStatuses)[number];
