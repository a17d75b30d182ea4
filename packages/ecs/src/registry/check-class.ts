import { EntityError } from "../errors/entity-error.ts";
import type { EntityState } from "../entity/entity-state.ts";

const checked = new WeakSet<object>();

/** Refuses a class that declares a field of its shape once more: the declaration would hide the field, and with it every edit. */
export function checkClass({ definition, entity }: EntityState): void {
  if (checked.has(entity.constructor)) return;
  const hidden = definition.fields.find((field) => Object.hasOwn(entity, field.name));
  if (hidden !== undefined) {
    throw new EntityError(
      "invalid_definition",
      `${hidden.path}: the class declares the field again, which hides it: remove the declaration, the shape has it already`,
    );
  }
  checked.add(entity.constructor);
}
