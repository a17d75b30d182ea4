import type { EntityState } from "./entity-state.ts";

let read: (value: object) => EntityState | undefined;

/** An object that carries the state of an entity where nobody else can reach it. */
export class Stateful {
  #state: EntityState;

  static {
    read = (value) => (#state in value ? value.#state : undefined);
  }

  constructor(makeState: (self: Stateful) => EntityState) {
    this.#state = makeState(this);
  }
}

/** The state of an entity; `undefined` for anything else. */
export function stateOf(value: unknown): EntityState | undefined {
  return typeof value === "object" && value !== null ? read(value) : undefined;
}
