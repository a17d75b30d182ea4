import type { EntityState } from "./entity-state.ts";

let read: (value: object) => EntityState | undefined;

/** An object that carries the state of an entity where nobody else can reach it. */
export class Stateful {
  #state: EntityState;

  static {
    read = (value) => (#state in value ? value.#state : undefined);
  }

  /** Makes a function that reads a field. It reaches the state directly, since loops over many entities spend their time here. */
  static fieldGetter(index: number): (this: Stateful) => unknown {
    return function getField(this: Stateful): unknown {
      return this.#state.values[index];
    };
  }

  constructor(makeState: (self: Stateful) => EntityState) {
    this.#state = makeState(this);
  }
}

/** The state of an entity; `undefined` for anything else. */
export function stateOf(value: unknown): EntityState | undefined {
  return typeof value === "object" && value !== null ? read(value) : undefined;
}
