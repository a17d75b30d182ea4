import type { SimulatedCounts, SimulatedRecord } from "./simulated-provider-options.ts";

/** Counts what a simulated provider saw and did. */
export class SimulatedLedger {
  readonly #monotonic: () => number;
  readonly #byStatus = new Map<number, number>();
  readonly #answeredKeys = new Map<string, number>();
  readonly #records: SimulatedRecord[] = [];
  #received = 0;
  #accepted = 0;
  #refused = 0;
  #abandoned = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #concurrent = 0;
  #maxConcurrent = 0;
  #firstAt: number | undefined;
  #lastAt = 0;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** Notes a request; returns its number, from 0. */
  receive(): number {
    this.#firstAt ??= this.#monotonic();
    this.#concurrent += 1;
    this.#maxConcurrent = Math.max(this.#maxConcurrent, this.#concurrent);
    this.#received += 1;
    return this.#received - 1;
  }

  /** How many requests the limits let pass. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Notes that the limits let a request pass. */
  accept(): void {
    this.#accepted += 1;
  }

  refuse(): void {
    this.#refused += 1;
  }

  answer(key: string, inputTokens: number, outputTokens: number, latencyMs: number): void {
    this.#answeredKeys.set(key, (this.#answeredKeys.get(key) ?? 0) + 1);
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    this.#records.push({ tokens: inputTokens + outputTokens, outputTokens, latencyMs });
    this.#lastAt = this.#monotonic();
  }

  status(status: number): void {
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
  }

  /** Notes that a request is over, with an answer or without. */
  leave(abandoned: boolean): void {
    this.#concurrent -= 1;
    if (abandoned) this.#abandoned += 1;
  }

  records(): readonly SimulatedRecord[] {
    return [...this.#records];
  }

  answersByKey(): ReadonlyMap<string, number> {
    return new Map(this.#answeredKeys);
  }

  counts(): SimulatedCounts {
    let duplicates = 0;
    for (const times of this.#answeredKeys.values()) duplicates += times - 1;
    return {
      received: this.#received,
      answered: this.#records.length,
      refused: this.#refused,
      byStatus: Object.fromEntries(this.#byStatus),
      duplicates,
      abandoned: this.#abandoned,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      maxConcurrent: this.#maxConcurrent,
      elapsedMs: this.#firstAt === undefined ? 0 : Math.max(0, this.#lastAt - this.#firstAt),
    };
  }
}
