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

/**
 * Completes a usage with zeros, and takes for 0 what is no count: an answer is not to be lost over what a server says it cost. `totalTokens` is
 * input plus output, or more where the provider counts more.
 */
export function usageOf(counts: Partial<Usage>): Usage {
  const inputTokens = countOf(counts.inputTokens);
  const outputTokens = countOf(counts.outputTokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: Math.max(countOf(counts.totalTokens), inputTokens + outputTokens),
    cacheReadTokens: countOf(counts.cacheReadTokens),
    cacheWriteTokens: countOf(counts.cacheWriteTokens),
    reasoningTokens: countOf(counts.reasoningTokens),
    audioInputTokens: countOf(counts.audioInputTokens),
    audioOutputTokens: countOf(counts.audioOutputTokens),
    acceptedPredictionTokens: countOf(counts.acceptedPredictionTokens),
    rejectedPredictionTokens: countOf(counts.rejectedPredictionTokens),
  };
}

/** No answer takes more; what is larger is no count. */
const mostTokens = 1e12;

function countOf(tokens = 0): number {
  return tokens > 0 && tokens <= mostTokens ? Math.ceil(tokens) : 0;
}
