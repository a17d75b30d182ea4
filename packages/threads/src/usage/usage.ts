import type { Usage as AnswerUsage } from "@minference/clients";
import { Entity } from "@minference/ecs";
import * as z from "zod";

const count = z.int().nonnegative();
const optionalCount = count.nullable().default(null);

function orNull(tokens: number): number | null {
  return tokens === 0 ? null : tokens;
}

/** The tokens one answer cost, as its provider reported them; a count that was not reported or is 0 is null. */
export class Usage extends Entity.define("Usage", {
  /** The model that answered, as the provider names it. */
  model: z.string(),
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
}) {
  /** Makes the usage of an answer. */
  static fromAnswer(model: string, usage: AnswerUsage): Usage {
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
    });
  }
}
