import type { AnswerStore, KeptAnswer } from "./answer-store.ts";

/** Keeps answers as long as the process runs. */
export class MemoryAnswerStore implements AnswerStore {
  readonly #answers = new Map<string, KeptAnswer>();

  async read(key: string): Promise<KeptAnswer | null> {
    return this.#answers.get(key) ?? null;
  }

  async write(key: string, answer: KeptAnswer): Promise<void> {
    this.#answers.set(key, answer);
  }
}
