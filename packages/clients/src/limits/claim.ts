import type { Clock } from "../clock/clock.ts";
import type { Reservoir } from "./reservoir.ts";

/** How many units of each reservoir. */
export type Weights = ReadonlyMap<Reservoir, number>;

/** The longest time between two looks at a claim that waits for its refill, in milliseconds. */
const longestLook = 1000;
/** The time after which a claim that is covered is looked at again, should it have been overtaken by a charge, in milliseconds. */
const coveredLook = 50;

/** Claims units of several reservoirs together, and refills them until all are granted. */
export class Claim {
  readonly #weights: Weights;
  readonly #clock: Clock;
  readonly #grants: Promise<void>;
  #granted = false;
  #withdrawn = false;
  #look: () => void = () => {};

  constructor(weights: Weights, clock: Clock) {
    this.#weights = weights;
    this.#clock = clock;
    const claims = [...weights].map(([reservoir, units]) => reservoir.claim(units));
    this.#grants = Promise.all(claims).then(() => {
      this.#granted = true;
      this.#look();
    });
  }

  /** Gives all of it back while it waits; `granted` then tells false. */
  withdraw(): void {
    if (this.#granted || this.#withdrawn) return;
    this.#withdrawn = true;
    for (const [reservoir, units] of this.#weights) reservoir.withdraw(units);
  }

  /** Resolves when the units may be used, or with false when they were withdrawn. To be called once. */
  async granted(): Promise<boolean> {
    const reservoirs = [...this.#weights.keys()];
    while (!this.#granted) {
      for (const reservoir of reservoirs) reservoir.refill();
      const wait = Math.max(0, ...reservoirs.map((reservoir) => reservoir.msUntil(0)));
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#look = resolve;
      const callOff = this.#clock.after(wait === 0 ? coveredLook : Math.min(longestLook, wait), resolve);
      await promise;
      callOff();
    }
    await this.#grants;
    if (this.#withdrawn) return false;
    for (const [reservoir, units] of this.#weights) reservoir.use(units);
    return true;
  }
}
