import type { EntityState } from "../entity/entity-state.ts";
import { ConflictError } from "../errors/conflict-error.ts";
import type { CommitOutcome } from "../storage/commit.ts";
import type { CommitPlan } from "./commit-plan.ts";

/** A plan on its way to the store. */
interface Flight {
  readonly plan: CommitPlan;
  /** The plans that made versions which this one builds on. */
  readonly after: ReadonlySet<Flight>;
  /** Ends once the plan is stored or rolled back; tells which. */
  readonly landed: Promise<boolean>;
  readonly land: (stored: boolean) => void;
}

/** What became of a plan; `overtaken` when one that it built on failed, so that it was rolled back without being sent. */
export type FlightOutcome = Exclude<CommitOutcome, { status: "conflict" }> | { readonly status: "overtaken" };

/**
 * Sends plans to the store, each after those it builds on. When one fails, all that build on it are rolled back with it,
 * the latest first, so that memory is as if they had never been made.
 */
export class CommitQueue {
  readonly #flights = new Set<Flight>();
  readonly #lastOf = new WeakMap<EntityState, Flight>();

  /** Waits for the last version of an entity if it is on its way; tells whether it is stored. */
  async landed(state: EntityState): Promise<boolean> {
    return this.#lastOf.get(state)?.landed ?? true;
  }

  async send(plan: CommitPlan, store: () => Promise<CommitOutcome>): Promise<FlightOutcome> {
    const flight = this.#enter(plan);
    for (const earlier of flight.after) await earlier.landed;
    if (!this.#flights.has(flight)) return { status: "overtaken" };
    let outcome: CommitOutcome;
    try {
      outcome = await store();
    } catch (error) {
      this.#fail(flight);
      throw error;
    }
    if (outcome.status === "committed") {
      plan.apply();
      this.#leave(flight, true);
      return outcome;
    }
    this.#fail(flight);
    if (outcome.status === "conflict") throw new ConflictError(outcome.conflicts);
    return outcome;
  }

  #enter(plan: CommitPlan): Flight {
    const after = new Set<Flight>();
    for (const state of plan.involved) {
      const earlier = this.#lastOf.get(state);
      if (earlier !== undefined) after.add(earlier);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const flight: Flight = { plan, after, landed: promise, land: resolve };
    this.#flights.add(flight);
    for (const state of plan.states()) this.#lastOf.set(state, flight);
    return flight;
  }

  #leave(flight: Flight, stored: boolean): void {
    this.#flights.delete(flight);
    for (const state of flight.plan.states()) if (this.#lastOf.get(state) === flight) this.#lastOf.delete(state);
    flight.land(stored);
  }

  #fail(failed: Flight): void {
    const doomed = new Set([failed]);
    for (const flight of this.#flights) if (flight.after.intersection(doomed).size > 0) doomed.add(flight);
    for (const flight of Array.from(this.#flights).toReversed()) {
      if (!doomed.has(flight)) continue;
      flight.plan.rollBack();
      this.#leave(flight, false);
    }
  }
}
