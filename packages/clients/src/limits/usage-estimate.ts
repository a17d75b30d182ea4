/** How much weight the newest answer has. */
const learningRate = 0.1;

interface Moments {
  count: number;
  mean: number;
  variance: number;
}

/**
 * Learns how long answers are and how far token estimates are off, for one pool. Requests of like `maxTokens` are taken together,
 * since a limit of 10 and one of 4 000 belong to different kinds of request.
 */
export class UsageEstimate {
  readonly #byLimit = new Map<number, Moments>();
  #inputFactor = 1;
  #inputs = 0;

  /** Expects an output: the mean plus half a standard deviation, at most `maxTokens`; all of `maxTokens` while nothing is known. */
  expectedOutput(maxTokens: number): number {
    const known = this.#byLimit.get(kindOf(maxTokens));
    if (known === undefined) return maxTokens;
    return Math.min(maxTokens, Math.ceil(known.mean + 0.5 * Math.sqrt(known.variance)));
  }

  /** Corrects an estimate of input tokens by what the provider reported before. */
  correctedInput(estimate: number): number {
    return Math.ceil(estimate * this.#inputFactor);
  }

  /** Learns from what a provider reported. */
  learn(maxTokens: number, reportedOutput: number, estimatedInput: number, inputTokens: number): void {
    const outputTokens = Math.min(maxTokens, Math.max(0, reportedOutput));
    const kind = kindOf(maxTokens);
    const known = this.#byLimit.get(kind);
    if (known === undefined) {
      this.#byLimit.set(kind, { count: 1, mean: outputTokens, variance: (outputTokens / 2) ** 2 });
    } else {
      known.count += 1;
      const rate = Math.max(learningRate, 1 / known.count);
      const distance = outputTokens - known.mean;
      known.mean += rate * distance;
      known.variance = (1 - rate) * (known.variance + rate * distance * distance);
    }
    if (estimatedInput > 0 && inputTokens > 0) {
      const ratio = Math.min(4, Math.max(0.25, inputTokens / estimatedInput));
      this.#inputs += 1;
      this.#inputFactor += Math.max(learningRate, 1 / this.#inputs) * (ratio - this.#inputFactor);
    }
  }
}

function kindOf(maxTokens: number): number {
  return Math.ceil(Math.log2(Math.max(1, maxTokens)));
}
