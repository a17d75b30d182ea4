/** Tokens that one answer cost, as the provider reported them. Absent counts are 0. */
export interface Usage {
  /** All tokens read, those from and into a cache included. */
  readonly inputTokens: number;
  /** All tokens written, reasoning included. */
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly audioInputTokens: number;
  readonly audioOutputTokens: number;
  readonly acceptedPredictionTokens: number;
  readonly rejectedPredictionTokens: number;
}

/** Completes a usage with zeros; `totalTokens` defaults to input plus output. */
export function usageOf(counts: Partial<Usage>): Usage {
  const inputTokens = counts.inputTokens ?? 0;
  const outputTokens = counts.outputTokens ?? 0;
  return {
    inputTokens,
    outputTokens,
    totalTokens: counts.totalTokens ?? inputTokens + outputTokens,
    cacheReadTokens: counts.cacheReadTokens ?? 0,
    cacheWriteTokens: counts.cacheWriteTokens ?? 0,
    reasoningTokens: counts.reasoningTokens ?? 0,
    audioInputTokens: counts.audioInputTokens ?? 0,
    audioOutputTokens: counts.audioOutputTokens ?? 0,
    acceptedPredictionTokens: counts.acceptedPredictionTokens ?? 0,
    rejectedPredictionTokens: counts.rejectedPredictionTokens ?? 0,
  };
}
