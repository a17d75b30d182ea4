import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { StorageError } from "@minference/ecs";
import type { Reply, Work } from "../query/work.ts";
import type { WriterAnswer, WriterOrder, WriterSetup } from "./writer-order.ts";

const program = new URL(import.meta.url.endsWith(".ts") ? "./writer-program.ts" : "./writer-program.js", import.meta.url);

/**
 * A thread with a connection of its own that carries out transactions, so that thousands of rows, and the wait for the disk, do not hold up
 * this one. It is started when it is first needed, and keeps no process alive while it has nothing to do.
 */
export class WriterThread {
  readonly #setup: WriterSetup;
  #worker: Worker | null = null;
  #waiting: PromiseWithResolvers<readonly Reply[]> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(setup: WriterSetup) {
    this.#setup = setup;
  }

  /** Carries out work in one transaction, after those that were asked for before. Rejects with what SQLite, the work or the thread failed with. */
  transaction<Result>(work: () => Work<Result>): Promise<Result> {
    const done = this.#last.then(() => this.#transaction(work));
    this.#last = done.catch(() => {});
    return done;
  }

  /** Ends the thread, after what it was asked for. */
  async close(): Promise<void> {
    await this.#last;
    const worker = this.#worker;
    if (worker === null) return;
    const exited = once(worker, "exit");
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
    worker.postMessage(null);
    await exited;
  }

  async #transaction<Result>(work: () => Work<Result>): Promise<Result> {
    const running = work();
    let step = running.next();
    let begins = true;
    let ended = false;
    while (step.done !== true) {
      const requests = step.value;
      ended = requests.some(({ isLast }) => isLast === true);
      const replies = await this.#ask({ begins, requests, ends: ended ? "commit" : null });
      begins = false;
      try {
        step = running.next(replies);
      } catch (error) {
        if (!ended) await this.#ask({ begins, requests: [], ends: "rollback" });
        throw error;
      }
    }
    if (!begins && !ended) await this.#ask({ begins, requests: [], ends: "commit" });
    return step.value;
  }

  async #ask(order: WriterOrder): Promise<readonly Reply[]> {
    const waiting = Promise.withResolvers<readonly Reply[]>();
    const worker = this.#started();
    this.#waiting = waiting;
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
    worker.postMessage(order);
    try {
      return await waiting.promise;
    } finally {
      this.#waiting = null;
      worker.unref();
    }
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(program, { workerData: this.#setup });
    worker.on("message", (answer: WriterAnswer) => {
      if ("replies" in answer) this.#waiting?.resolve(answer.replies);
      else this.#waiting?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      this.#worker = null;
      this.#waiting?.reject(new StorageError("failed", `SQLite database ${this.#setup.path}: the thread that writes ended`, { cause }));
    });
    this.#worker = worker;
    return worker;
  }
}
