import type { EntityState, Flight } from "../entity/entity-state.ts";
import type { CommitOutcome } from "../storage/commit.ts";
import type { CommitPlan } from "./commit-plan.ts";

/** What became of a plan; `overtaken` when one that it built on failed, so that it was rolled back without being sent. */
export type FlightOutcome = CommitOutcome | { readonly status: "overtaken" };

/** A plan on its way, with the means to end it. */
class PlannedFlight implements Flight {
  readonly plan: CommitPlan;
  readonly landed: Promise<boolean>;
  readonly land: (stored: boolean) => void;

  constructor(plan: CommitPlan) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.plan = plan;
    this.landed = promise;
    this.land = resolve;
  }
}

/**
 * Sends plans to the store, each after those it builds on. When one fails, all that build on it are rolled back with it,
 * the latest first, so that memory is as if they had never been made.
 */
export class CommitQueue {
  readonly #flights = new Set<PlannedFlight>();

  /** How many plans are on their way. */
  get size(): number {
    return this.#flights.size;
  }

  /** Waits for the last version of an entity if it is on its way; tells whether it is stored. */
  async landed(state: EntityState): Promise<boolean> {
    const landed = await Promise.all(state.flights.map((flight) => flight.landed));
    return landed.every(Boolean);
  }

  async send(plan: CommitPlan, store: () => Promise<CommitOutcome>): Promise<FlightOutcome> {
    const flight = new PlannedFlight(plan);
    this.#flights.add(flight);
    plan.depart(flight);
    for (const earlier of plan.after) await earlier.landed;
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
    return outcome;
  }

  /** Waits until nothing is under way. */
  async drained(): Promise<void> {
    while (this.#flights.size > 0) await Promise.all(Array.from(this.#flights, (flight) => flight.landed));
  }

  #leave(flight: PlannedFlight, stored: boolean): void {
    this.#flights.delete(flight);
    flight.plan.land(flight);
    flight.land(stored);
  }

  #fail(failed: PlannedFlight): void {
    const doomed = new Set<Flight>([failed]);
    for (const flight of this.#flights) if (flight.plan.after.intersection(doomed).size > 0) doomed.add(flight);
    for (const flight of Array.from(this.#flights).toReversed()) {
      if (!doomed.has(flight)) continue;
      flight.plan.rollBack();
      this.#leave(flight, false);
    }
  }
}
