import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { StorageError } from "@minference/ecs";
import type { CommitResult } from "../commit/write-batch.ts";
import type { WriterAnswer, WriterOrder, WriterSetup } from "./writer-order.ts";

const program = new URL(import.meta.url.endsWith(".ts") ? "./writer-program.ts" : "./writer-program.js", import.meta.url);

/**
 * A thread with a connection of its own that plans and carries out transactions, so that thousands of rows, and the wait for the disk, do not
 * hold up this one. It is started when it is first needed, and keeps no process alive while it has nothing to do.
 */
export class WriterThread {
  readonly #setup: WriterSetup;
  #worker: Worker | null = null;
  /** Who waits for an answer, in the order of their orders. */
  #waiting: PromiseWithResolvers<readonly CommitResult[]>[] = [];

  constructor(setup: WriterSetup) {
    this.#setup = setup;
  }

  /**
   * Writes commits in one transaction, after those that were asked for before. Rejects with what SQLite or the thread failed with, and then
   * nothing was stored.
   */
  write(order: WriterOrder): Promise<readonly CommitResult[]> {
    const worker = this.#started();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
    worker.postMessage(order);
    const waiting = Promise.withResolvers<readonly CommitResult[]>();
    this.#waiting.push(waiting);
    worker.ref();
    return waiting.promise;
  }

  /** Ends the thread, after what it was asked for. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    const exited = once(worker, "exit");
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
    worker.postMessage(null);
    await exited;
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(program, { workerData: this.#setup });
    worker.on("message", (answer: WriterAnswer) => {
      const waiting = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      if ("results" in answer) waiting?.resolve(answer.results);
      else waiting?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      this.#worker = null;
      const lost = this.#waiting.splice(0);
      for (const waiting of lost) {
        waiting.reject(new StorageError("failed", `SQLite database ${this.#setup.path}: the thread that writes ended`, { cause }));
      }
    });
    this.#worker = worker;
    return worker;
  }
}
