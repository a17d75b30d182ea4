import type { Histogram, Meter } from "@opentelemetry/api";

/** Bounds of buckets that double, from a smallest one. */
function doubling(from: number, count: number, factor = 2): number[] {
  return Array.from({ length: count }, (_, power) => from * factor ** power);
}

/**
 * What is measured.
 *
 * Source: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
 */
export interface Instruments {
  readonly tokens: Histogram;
  /** All times in seconds. */
  readonly requestDuration: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly toolDuration: Histogram;
  readonly agentDuration: Histogram;
}

/** Makes the instruments of a meter. */
export function instrumentsOf(meter: Meter): Instruments {
  const seconds = (name: string, description: string, explicitBucketBoundaries: number[]): Histogram =>
    meter.createHistogram(name, { unit: "s", description, advice: { explicitBucketBoundaries } });
  return {
    tokens: meter.createHistogram("gen_ai.client.token.usage", {
      unit: "{token}",
      description: "Number of input and output tokens used.",
      advice: { explicitBucketBoundaries: doubling(1, 14, 4) },
    }),
    requestDuration: seconds("gen_ai.client.operation.duration", "GenAI operation duration.", doubling(0.01, 14)),
    timeToFirstChunk: seconds("gen_ai.client.operation.time_to_first_chunk", "Time to receive the first chunk.", doubling(0.001, 14)),
    toolDuration: seconds("gen_ai.execute_tool.duration", "The duration of a single tool execution.", doubling(0.01, 14)),
    agentDuration: seconds("gen_ai.invoke_agent.duration", "The duration of a single agent invocation.", doubling(0.1, 13)),
  };
}
