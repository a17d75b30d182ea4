/** What a limit counts. */
export type LimitDimension = "requests" | "tokens" | "input_tokens" | "output_tokens" | "requests_per_day" | "tokens_per_day";

/** One budget of a pool at this moment. */
export interface DimensionStatus {
  readonly dimension: LimitDimension;
  /** How fast it refills, also where the limit is for a day. */
  readonly perMinute: number;
  /** The most that can be saved up. */
  readonly capacity: number;
  /** What can be spent now. */
  readonly balance: number;
}

/** The limits of one pool of models at this moment. */
export interface LimitStatus {
  /** Names the provider and the models that share these limits; holds no key. */
  readonly pool: string;
  readonly queued: number;
  readonly running: number;
  /** The most requests at once, at this moment where that is adapted; null where there is no such limit. */
  readonly maxConcurrent: number | null;
  /** Milliseconds since the epoch until which nothing is sent, null when not held. */
  readonly holdUntil: number | null;
  readonly dimensions: readonly DimensionStatus[];
}
