import type { SqlDialect } from "../src/query/dialect.ts";
import type { CommitResult } from "../src/commit/write-batch.ts";
import type { BatchToWrite, SqlEngine } from "../src/query/sql-engine.ts";
import type { Request, Work } from "../src/query/work.ts";

/** An engine that shows each statement to a test before it is carried out; what the test throws takes the statement's place. */
export class ObservedEngine implements SqlEngine {
  readonly dialect: SqlDialect;
  readonly #engine: SqlEngine;
  readonly #observe: (request: Request) => void;

  constructor(engine: SqlEngine, observe: (request: Request) => void) {
    this.dialect = engine.dialect;
    this.#engine = engine;
    this.#observe = observe;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#engine.read(() => this.#observed(work()));
  }

  snapshot<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#engine.snapshot(() => this.#observed(work()));
  }

  write(batch: BatchToWrite): Promise<readonly CommitResult[]> {
    return this.#engine.write({ ...batch, write: (...how) => this.#observed(batch.write(...how)) });
  }

  maintain<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#engine.maintain(() => this.#observed(work()));
  }

  purge(): Promise<void> {
    return this.#engine.purge();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  *#observed<Result>(work: Work<Result>): Work<Result> {
    let step = work.next();
    while (step.done !== true) {
      for (const request of step.value) this.#observe(request);
      step = work.next(yield step.value);
    }
    return step.value;
  }
}
