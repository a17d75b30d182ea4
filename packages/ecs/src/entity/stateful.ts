import type { EntityDefinition } from "../definition/entity-definition.ts";
import type { EntityState } from "./entity-state.ts";
import { unmade } from "./unmade-collection.ts";

/** The values of fields by their index. */
export type FieldRecord = unknown[];

/** Makes the state of an entity. */
export interface StateSource {
  stateFor(definition: EntityDefinition, entity: Stateful): EntityState;
}

let readState: (value: object) => EntityState | undefined;
let read: (entity: Stateful, index: number) => unknown;
let write: (entity: Stateful, index: number, value: unknown) => void;

/** So many fields stand in the object itself; further ones in a list of their own. */
const ownSlots = 8;

/**
 * An object that carries the state of an entity and the values of its fields where nobody else can reach them. The values stand in the
 * object itself, since a loop over many entities spends its time on following pointers; and each slot has its own getter, since the
 * compiler makes nothing of an index that is the same in one getter and another in the next.
 */
export class Stateful {
  #state: EntityState;
  #field0: unknown;
  #field1: unknown;
  #field2: unknown;
  #field3: unknown;
  #field4: unknown;
  #field5: unknown;
  #field6: unknown;
  #field7: unknown;
  #further: FieldRecord | null = null;

  static {
    readState = (value) => (#state in value ? value.#state : undefined);
    read = (entity, index) => {
      switch (index) {
        case 0:
          return entity.#field0;
        case 1:
          return entity.#field1;
        case 2:
          return entity.#field2;
        case 3:
          return entity.#field3;
        case 4:
          return entity.#field4;
        case 5:
          return entity.#field5;
        case 6:
          return entity.#field6;
        case 7:
          return entity.#field7;
        default:
          return entity.#further?.[index - ownSlots];
      }
    };
    write = (entity, index, value) => {
      switch (index) {
        case 0:
          entity.#field0 = value;
          break;
        case 1:
          entity.#field1 = value;
          break;
        case 2:
          entity.#field2 = value;
          break;
        case 3:
          entity.#field3 = value;
          break;
        case 4:
          entity.#field4 = value;
          break;
        case 5:
          entity.#field5 = value;
          break;
        case 6:
          entity.#field6 = value;
          break;
        case 7:
          entity.#field7 = value;
          break;
        default:
          entity.#further ??= [];
          entity.#further[index - ownSlots] = value;
      }
    };
  }

  /** Makes a function that reads a collection, which is made when it is read for the first time. */
  static collectionGetter(index: number, make: (state: EntityState) => unknown): (this: Stateful) => unknown {
    const get = Stateful.fieldGetter(index);
    return function getCollection(this: Stateful): unknown {
      const value = get.call(this);
      return value === unmade ? make(this.#state) : value;
    };
  }

  /** Makes a function that reads a field. */
  static fieldGetter(index: number): (this: Stateful) => unknown {
    switch (index) {
      case 0:
        return function getField0(this: Stateful): unknown {
          return this.#field0;
        };
      case 1:
        return function getField1(this: Stateful): unknown {
          return this.#field1;
        };
      case 2:
        return function getField2(this: Stateful): unknown {
          return this.#field2;
        };
      case 3:
        return function getField3(this: Stateful): unknown {
          return this.#field3;
        };
      case 4:
        return function getField4(this: Stateful): unknown {
          return this.#field4;
        };
      case 5:
        return function getField5(this: Stateful): unknown {
          return this.#field5;
        };
      case 6:
        return function getField6(this: Stateful): unknown {
          return this.#field6;
        };
      case 7:
        return function getField7(this: Stateful): unknown {
          return this.#field7;
        };
      default:
        return function getField(this: Stateful): unknown {
          return this.#further?.[index - ownSlots];
        };
    }
  }

  constructor(definition: EntityDefinition, source: StateSource) {
    this.#state = source.stateFor(definition, this);
  }
}

/** Reads a field of an entity by its index. */
export function readField(entity: Stateful, index: number): unknown {
  return read(entity, index);
}

/** Puts another value into a field. */
export function writeField(entity: Stateful, index: number, value: unknown): void {
  write(entity, index, value);
}

/** The state of an entity; `undefined` for anything else. */
export function stateOf(value: unknown): EntityState | undefined {
  return typeof value === "object" && value !== null ? readState(value) : undefined;
}
