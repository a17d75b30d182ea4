import type { SimulatedCounts } from "@minference/clients/testing";

/** How a conversation ended: answered right or wrong, or without an answer. */
export type ThreadResult = "right" | "wrong" | "failed" | "cancelled" | "in doubt";

/** What became of one problem. */
export interface ThreadReport {
  /** The line of the problem in its file, or its number. */
  readonly line: number;
  readonly provider: string;
  /** The stored version the conversation ended with; null when nothing was stored. */
  readonly id: string | null;
  readonly result: ThreadResult;
  readonly expected: number;
  readonly answered: number | null;
  /** Why there is no answer. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What was done with one provider. */
export interface ProviderReport {
  /** The provider's name, with "(simulated)" where it is. */
  readonly label: string;
  readonly model: string;
  readonly simulated: boolean;
  readonly threads: number;
  /** Requests that were answered. */
  readonly answered: number;
  readonly refused: number;
  readonly retries: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** From the first request to the last answer. */
  readonly elapsedMs: number;
  /** The best time the limits allow; null where they are unknown. */
  readonly optimumMs: number | null;
  /** What the simulated provider itself counted. */
  readonly server: SimulatedCounts | null;
}

/** What a run came to. */
export interface RunReport {
  /** What `--resume` takes; null where nothing outlives the program. */
  readonly runId: string | null;
  readonly interrupted: boolean;
  readonly problems: number;
  readonly right: number;
  readonly wrong: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Conversations with a request that was sent and whose answer was not stored, left to be decided. */
  readonly inDoubt: number;
  /** Lines of the input that held no problem. */
  readonly badLines: number;
  readonly elapsedMs: number;
  readonly optimumMs: number | null;
  /** The optimum over the time taken; null when something was refused, or limits are unknown. */
  readonly utilisation: number | null;
  readonly providers: readonly ProviderReport[];
  readonly storage: {
    /** Without a password. */
    readonly location: string;
    /** By this run alone. */
    readonly versionsAdded: number;
    /** Of all runs in the store, as are the following. */
    readonly versions: number;
    readonly bytes: number;
    /** By how much the store grew meanwhile, also by what other runs stored. */
    readonly bytesGrown: number;
  };
  readonly threads: readonly ThreadReport[];
}
