import type { Entity } from "../entity/entity.ts";
import { draftId } from "../identity/default-identity.ts";
import { correlate, correlationId } from "../observe/correlation.ts";
import type { EntityRegistry } from "../registry/entity-registry.ts";
import type { RegisterOptions } from "../registry/registry-options.ts";
import { findEntities } from "./find-entities.ts";
import { isTraced, type TraceSeverity } from "./trace-severity.ts";

/** What becomes of edits when a traced function throws: they stay in memory, not stored, or are taken back to before the call. */
export type OnThrow = "keep" | "revert";

/** How a function is traced. */
export interface TraceOptions {
  /** `NORMAL` unless given. */
  readonly severity?: TraceSeverity;
  /** `keep` unless given. */
  readonly onThrow?: OnThrow;
  /** Stands in the message of the commits; the function's name unless given. */
  readonly name?: string;
}

/** How a tracer is set up. */
export interface TracerOptions {
  /** The most that is traced at first; `NORMAL` unless given. */
  readonly severity?: TraceSeverity;
  /** Told of what could not be stored for a synchronous function or a generator, whose callers do not wait for the store. */
  readonly onError?: (error: unknown) => void;
  /**
   * What happens when somebody else stored a successor of an argument's version first, as in {@link RegisterOptions}; `branch` unless
   * given, so that no call fails of it.
   */
  readonly onConflict?: RegisterOptions["onConflict"];
  /** Decides what a `merge` can't. */
  readonly resolve?: RegisterOptions["resolve"];
}

// oxlint-disable-next-line typescript/no-explicit-any -- any function can be traced, and keeps its own type
type AnyFunction = (this: any, ...args: any[]) => unknown;

/** Tells whether a value is a promise, also one of another kind than the language's own. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") && "then" in value && typeof value.then === "function"
  );
}

function isGenerator(value: unknown): value is Generator<unknown, unknown> {
  return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Generator]";
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator<unknown, unknown> {
  return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object AsyncGenerator]";
}

/**
 * Versions entities around function calls: what the arguments had gained before a call becomes a version, and what they and
 * the result, new entities included, have gained when it ends becomes another. Calls inside a traced call belong to its trace:
 * their commits carry one correlation id, that of the {@link correlate} around the outermost call where there is one, whichever tracers they
 * are traced by.
 *
 * - A function that returns a promise, or anything else with a `then`, resolves once its versions are stored, and rejects when they
 *   can't be.
 * - A synchronous function and a generator take the state at the moment and return at once; `settled` waits for the store.
 * - Of a generator the end counts: what it yielded and returned is versioned when it is through; one that is left early keeps
 *   its edits unstored. Its trace is the caller's at the first step.
 * - When the function throws, nothing it did is stored. `keep` leaves its edits in memory, `revert` takes them back; where what was there
 *   before the call could not be stored, they can't be told apart from it, and stay.
 */
export class EntityTracer {
  /** The most that is traced; may be changed at any time. */
  severity: TraceSeverity;
  readonly #registry: EntityRegistry;
  readonly #onError: (error: unknown) => void;
  readonly #policy: Pick<RegisterOptions, "onConflict" | "resolve">;
  readonly #storing = new Set<Promise<void>>();

  constructor(registry: EntityRegistry, options: TracerOptions = {}) {
    this.#registry = registry;
    this.severity = options.severity ?? "NORMAL";
    this.#onError = options.onError ?? ignore;
    const { onConflict = "branch", resolve } = options;
    this.#policy = { onConflict, ...(resolve === undefined ? {} : { resolve }) };
  }

  /** Gives a function that does the same and is traced. */
  traced<F extends AnyFunction>(fn: F, options: TraceOptions = {}): F {
    const call = (self: unknown, args: readonly unknown[]): unknown => {
      if (!isTraced(options.severity ?? "NORMAL", this.severity)) return Reflect.apply(fn, self, args);
      return correlate(correlationId() ?? draftId(), () => this.#call(fn, self, args, options));
    };
    const traced = function (this: unknown, ...args: unknown[]): unknown {
      return call(this, args);
    };
    Object.defineProperty(traced, "name", { value: fn.name });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- takes and gives what the function does
    return traced as unknown as F;
  }

  /** Decorates a method so that it is traced; the object it is called on counts as an argument. */
  method(options: TraceOptions = {}): <F extends AnyFunction>(method: F, context: ClassMethodDecoratorContext) => F {
    return (method, context) => this.traced(method, { name: String(context.name), ...options });
  }

  /** Waits until everything that traced calls have handed to the store so far is stored or was reported. */
  async settled(): Promise<void> {
    await Promise.all(this.#storing);
  }

  #call(fn: AnyFunction, self: unknown, args: readonly unknown[], options: TraceOptions): unknown {
    const name = options.name ?? fn.name;
    const given = findEntities([self, ...args]);
    const before = this.#register(given, `before ${name}`);
    const end = (result: unknown): Promise<void> => this.#register([...given, ...findEntities(result)], `after ${name}`);
    let isBeforeLost = false;
    const fail = (): void => {
      if (options.onThrow === "revert" && !isBeforeLost) for (const entity of given) entity.revert();
    };
    if (options.onThrow === "revert") {
      before.catch(() => {
        isBeforeLost = true;
      });
    }
    let result: unknown;
    try {
      result = Reflect.apply(fn, self, args);
    } catch (error) {
      fail();
      this.#inBackground(before);
      throw error;
    }
    if (isPromise(result)) return this.#awaited(result, before, end, fail);
    this.#inBackground(before);
    if (isGenerator(result)) return this.#generated(result, end, fail);
    if (isAsyncGenerator(result)) return this.#asyncGenerated(result, end, fail);
    this.#inBackground(end(result));
    return result;
  }

  async #awaited(
    running: PromiseLike<unknown>,
    before: Promise<void>,
    end: (result: unknown) => Promise<void>,
    fail: () => void,
  ): Promise<unknown> {
    const [started, ran] = await Promise.allSettled([before, running]);
    if (ran.status === "rejected") {
      fail();
      throw ran.reason;
    }
    if (started.status === "rejected") throw started.reason;
    await end(ran.value);
    return ran.value;
  }

  *#generated(inner: Generator<unknown, unknown>, end: (result: unknown) => Promise<void>, fail: () => void): Generator<unknown, unknown> {
    const trace = correlationId() ?? draftId();
    const seen = new Set<Entity>();
    try {
      let step = correlate(trace, () => inner.next());
      while (step.done !== true) {
        for (const entity of findEntities(step.value)) seen.add(entity);
        let resume: () => IteratorResult<unknown, unknown>;
        try {
          const sent: unknown = yield step.value;
          resume = () => inner.next(sent);
        } catch (thrown) {
          resume = () => inner.throw(thrown);
        }
        step = correlate(trace, resume);
      }
      this.#inBackground(end([...seen, step.value]));
      return step.value;
    } catch (error) {
      fail();
      throw error;
    } finally {
      inner.return(undefined);
    }
  }

  async *#asyncGenerated(
    inner: AsyncGenerator<unknown, unknown>,
    end: (result: unknown) => Promise<void>,
    fail: () => void,
  ): AsyncGenerator<unknown, unknown> {
    const trace = correlationId() ?? draftId();
    const seen = new Set<Entity>();
    try {
      let step = await correlate(trace, () => inner.next());
      while (step.done !== true) {
        for (const entity of findEntities(step.value)) seen.add(entity);
        let resume: () => Promise<IteratorResult<unknown, unknown>>;
        try {
          const sent: unknown = yield step.value;
          resume = () => inner.next(sent);
        } catch (thrown) {
          resume = () => inner.throw(thrown);
        }
        step = await correlate(trace, resume);
      }
      await end([...seen, step.value]);
      return step.value;
    } catch (error) {
      fail();
      throw error;
    } finally {
      await inner.return(undefined);
    }
  }

  async #register(entities: readonly Entity[], message: string): Promise<void> {
    if (entities.length > 0) await this.#registry.register(entities, { ...this.#policy, message });
  }

  #inBackground(storing: Promise<void>): void {
    const done = storing.catch(this.#onError).finally(() => this.#storing.delete(done));
    this.#storing.add(done);
  }
}

function ignore(): void {}
