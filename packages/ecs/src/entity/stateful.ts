import type { EntityState, FieldRecord } from "./entity-state.ts";
import { unmade } from "./unmade-collection.ts";

let read: (value: object) => EntityState | undefined;
let readValues: (entity: Stateful) => FieldRecord;
let writeValues: (entity: Stateful, values: FieldRecord) => void;

/** An object that carries the state of an entity where nobody else can reach it. */
export class Stateful {
  #state: EntityState;
  /** Here and not in the state, since loops over many entities spend their time reading fields. */
  #values: FieldRecord = [];

  static {
    read = (value) => (#state in value ? value.#state : undefined);
    readValues = (entity) => entity.#values;
    writeValues = (entity, values) => {
      entity.#values = values;
    };
  }

  /** Makes a function that reads a collection, which is made when it is read for the first time. */
  static collectionGetter(index: number, make: (state: EntityState) => unknown): (this: Stateful) => unknown {
    return function getCollection(this: Stateful): unknown {
      const value = this.#values[index];
      return value === unmade ? make(this.#state) : value;
    };
  }

  /** Makes a function that reads a field. */
  static fieldGetter(index: number): (this: Stateful) => unknown {
    return function getField(this: Stateful): unknown {
      return this.#values[index];
    };
  }

  constructor(makeState: (self: Stateful) => EntityState) {
    this.#state = makeState(this);
  }
}

/** The values of an entity's fields. */
export function valuesOf(entity: Stateful): FieldRecord {
  return readValues(entity);
}

/** Puts other values behind an entity's fields. */
export function setValuesOf(entity: Stateful, values: FieldRecord): void {
  writeValues(entity, values);
}

/** The state of an entity; `undefined` for anything else. */
export function stateOf(value: unknown): EntityState | undefined {
  return typeof value === "object" && value !== null ? read(value) : undefined;
}
