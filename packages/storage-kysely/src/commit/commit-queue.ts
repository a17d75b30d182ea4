import { setImmediate } from "node:timers/promises";
import { type CommitOutcome, StorageError } from "@minference/ecs";
import type { PreparedCommit } from "./prepared-commit.ts";
import type { CommitResult } from "./write-batch.ts";

interface Waiting {
  readonly commit: PreparedCommit;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (reason: unknown) => void;
}

const mostCommits = 2_000;
const mostBytes = 8_000_000;

/**
 * Lets commits that are issued while one is being written share the next transaction, in the order they were issued. Each is
 * answered alone; when a transaction fails over something in the data, its halves are tried apart until the culprit stands alone.
 */
export class CommitQueue {
  readonly #write: (batch: readonly PreparedCommit[]) => Promise<readonly CommitResult[]>;
  readonly #waiting: Waiting[] = [];
  #pump: Promise<void> | null = null;

  constructor(write: (batch: readonly PreparedCommit[]) => Promise<readonly CommitResult[]>) {
    this.#write = write;
  }

  add(commit: PreparedCommit): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, resolve, reject });
      this.#pump ??= this.#run();
    });
  }

  /** Resolves when everything added so far is answered. */
  async drain(): Promise<void> {
    await this.#pump;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await setImmediate();
      await this.#settle(this.#take());
    }
    this.#pump = null;
  }

  #take(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ commit }, index) => {
      bytes += commit.weight;
      return index > 0 && (index === mostCommits || bytes > mostBytes);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#write(batch.map(({ commit }) => commit));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index];
        if (result === undefined) reject(new StorageError("failed", "The store gave no answer for this commit"));
        else if (result.status === "refused") reject(new StorageError(result.code, result.message));
        else resolve(result);
      }
    } catch (error) {
      if (batch.length > 1 && concernsData(error)) {
        const middle = batch.length >>> 1;
        await this.#settle(batch.slice(0, middle));
        await this.#settle(batch.slice(middle));
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}

/** Tells whether a failure may be one commit's own, rather than the store's. */
function concernsData(error: unknown): boolean {
  return StorageError.is(error) && (error.code === "failed" || error.code === "invalid");
}
