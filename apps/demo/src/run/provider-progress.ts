import type { RunEvent } from "@minference/threads";

/** How far the conversations with one provider are. */
export interface ProviderSnapshot {
  readonly label: string;
  readonly threads: number;
  /** Conversations that came to their end, well or not; not those that were called off. */
  readonly ended: number;
  /** Requests that are at the provider. */
  readonly running: number;
  /** Requests that wait for the limits or for another attempt. */
  readonly waiting: number;
  readonly answered: number;
  /** Refusals for the limits (429). */
  readonly refused: number;
  readonly retries: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Answers a second, of late. */
  readonly rate: number;
  /** Milliseconds from the first request to the last answer. */
  readonly elapsedMs: number;
}

const rateWindowMs = 5000;

/** Counts what happens to the requests of one provider. */
export class ProviderProgress {
  readonly label: string;
  readonly #threads: number;
  #ended = 0;
  /** The threads that have a request under way: whether it is at the provider. */
  readonly #requests = new Map<number, boolean>();
  #answered = 0;
  #refused = 0;
  #retries = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #startedAt: number | null = null;
  #lastAnswerAt: number | null = null;
  #recent: number[] = [];

  constructor(label: string, threads: number) {
    this.label = label;
    this.#threads = threads;
  }

  /** Takes note of what happened to a thread of this provider. */
  observe(event: RunEvent): void {
    const { index } = event;
    switch (event.type) {
      case "request_queued":
      case "request_held":
      case "request_reserved":
        this.#requests.set(index, false);
        break;
      case "request_sent":
        this.#requests.set(index, true);
        this.#startedAt ??= event.at;
        break;
      case "request_refused":
        this.#refused += 1;
        this.#requests.delete(index);
        break;
      case "request_retried":
        this.#retries += 1;
        this.#requests.set(index, false);
        break;
      case "request_failed":
        this.#requests.delete(index);
        break;
      case "request_answered":
        this.#requests.delete(index);
        this.#answered += 1;
        this.#inputTokens += event.usage.inputTokens;
        this.#outputTokens += event.usage.outputTokens;
        this.#recent.push(event.at);
        this.#lastAnswerAt = event.at;
        break;
      case "thread_finished":
        this.#requests.delete(index);
        if (event.outcome.status !== "cancelled") this.#ended += 1;
        break;
      case "thread_started":
      case "tool_started":
      case "tool_finished":
      case "step_stored":
      case "answer_started":
      case "answer_ended":
      case "text_delta":
      case "reasoning_delta":
      case "refusal_delta":
      case "tool_call_delta":
        break;
    }
  }

  /** Tells how things stand; `now` in milliseconds since the epoch. */
  snapshot(now: number): ProviderSnapshot {
    this.#recent = this.#recent.filter((at) => at > now - rateWindowMs);
    const running = Array.from(this.#requests.values()).filter(Boolean).length;
    const since = Math.min(rateWindowMs, now - (this.#startedAt ?? now));
    return {
      label: this.label,
      threads: this.#threads,
      ended: this.#ended,
      running,
      waiting: this.#requests.size - running,
      answered: this.#answered,
      refused: this.#refused,
      retries: this.#retries,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      rate: since < 500 ? 0 : (this.#recent.length * 1000) / since,
      elapsedMs: this.#startedAt === null || this.#lastAnswerAt === null ? 0 : this.#lastAnswerAt - this.#startedAt,
    };
  }
}
