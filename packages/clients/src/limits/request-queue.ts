import { Heap } from "./heap.ts";

/** What the queue orders by. */
export interface Waiting {
  readonly run: string;
  /** Within a run, higher goes first. */
  readonly priority: number;
  /** Whether it goes before all that were never sent. */
  readonly front: boolean;
  /** When it was submitted, in milliseconds of a monotonic clock. */
  readonly submittedAt: number;
  /** Predicted length of the answer, in tokens. */
  readonly expectedOutput: number;
  /** What it takes of a minute's limits, as a share of 1. */
  readonly share: number;
  /** Set when nobody waits for it any longer. */
  cancelled: boolean;
  /** The queue's own: the lower the sooner, among those of a run and a priority. */
  rank: number;
  /** The queue's own: what came first goes first where all else is equal. */
  order: number;
}

/**
 * How many milliseconds earlier a request is served for each token its answer is expected to have. Of requests that were submitted
 * together the longest goes first, so that none is left over at the end; none waits for ever behind longer ones that keep coming.
 */
const headStartMsPerToken = 100;

/** The requests of one run. */
interface Lane<T extends Waiting> {
  readonly run: string;
  readonly heap: Heap<T>;
  /** What it was served, as shares of a minute's limits. */
  served: number;
  /** Of lanes that were served the same, the one that came first goes first. */
  readonly order: number;
}

/** Holds waiting requests: those put back first, then runs in turn by what they were served, within a run the higher priority, then the predicted longest. */
export class RequestQueue<T extends Waiting> {
  #front: T[] = [];
  readonly #lanes = new Map<string, Lane<T>>();
  readonly #turns = new Heap<Lane<T>>((a, b) => (a.served === b.served ? a.order < b.order : a.served < b.served));
  #order = 0;
  #live = 0;
  #dead = 0;

  /** How many requests wait. */
  get size(): number {
    return this.#live;
  }

  push(item: T): void {
    this.#live += 1;
    if (item.front) {
      this.#front.push(item);
      return;
    }
    this.#order += 1;
    item.order = this.#order;
    item.rank = item.submittedAt - item.expectedOutput * headStartMsPerToken;
    let lane = this.#lanes.get(item.run);
    if (lane === undefined) {
      // A new run does not make up for the past.
      const served = this.#nextLane()?.served ?? 0;
      lane = { run: item.run, heap: new Heap(comesFirst), served, order: this.#order };
      this.#lanes.set(item.run, lane);
      lane.heap.push(item);
      this.#turns.push(lane);
      return;
    }
    lane.heap.push(item);
  }

  /** Puts back what was taken but not sent, before all others. */
  restore(items: readonly T[]): void {
    this.#live += items.length;
    this.#front = [...items, ...this.#front];
  }

  /** Notes that a waiting item was cancelled. */
  cancel(item: T): void {
    if (item.cancelled) return;
    item.cancelled = true;
    this.#live -= 1;
    this.#dead += 1;
    if (this.#dead > 1000 && this.#dead > this.#live) this.#sweep();
  }

  peek(): T | undefined {
    while (this.#front[0]?.cancelled === true) {
      this.#front.shift();
      this.#dead -= 1;
    }
    return this.#front[0] ?? this.#nextLane()?.heap.peek();
  }

  pop(): T | undefined {
    const item = this.peek();
    if (item === undefined) return undefined;
    this.#live -= 1;
    if (this.#front[0] === item) {
      this.#front.shift();
      return item;
    }
    const lane = this.#turns.pop();
    if (lane !== undefined) {
      lane.heap.pop();
      lane.served += item.share;
      if (lane.heap.size === 0) this.#lanes.delete(lane.run);
      else this.#turns.push(lane);
    }
    return item;
  }

  /** The lane whose turn it is; what was cancelled is left behind on the way. */
  #nextLane(): Lane<T> | undefined {
    for (let lane = this.#turns.peek(); lane !== undefined; lane = this.#turns.peek()) {
      while (lane.heap.peek()?.cancelled === true) {
        lane.heap.pop();
        this.#dead -= 1;
      }
      if (lane.heap.size > 0) return lane;
      this.#turns.pop();
      this.#lanes.delete(lane.run);
    }
    return undefined;
  }

  #sweep(): void {
    this.#front = this.#front.filter((item) => !item.cancelled);
    for (const lane of this.#lanes.values()) lane.heap.retain((item) => !item.cancelled);
    this.#dead = 0;
  }
}

function comesFirst<T extends Waiting>(a: T, b: T): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}
