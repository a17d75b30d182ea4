import { unfilled } from "../entity/unfilled.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { EntityState } from "../entity/entity-state.ts";

const checked = new WeakSet<object>();

/**
 * Refuses a class that declares a field of its shape once more: the declaration would hide the field, and with it every edit; and one
 * whose objects can't be made before their fields are there, which is how stored versions are loaded.
 */
export function checkClass({ definition, entity }: EntityState): void {
  if (checked.has(entity.constructor)) return;
  const hidden = definition.fields.find((field) => Object.hasOwn(entity, field.name));
  if (hidden !== undefined) {
    throw new EntityError(
      "invalid_definition",
      `${hidden.path}: the class declares the field again, which hides it: remove the declaration, the shape has it already`,
    );
  }
  try {
    Reflect.construct(entity.constructor, [unfilled]);
  } catch (cause) {
    throw new EntityError(
      "invalid_definition",
      `${definition.name}: its constructor, or what it declares, needs the fields, which are not there yet when a stored version is loaded: use a getter or a static function`,
      { cause },
    );
  }
  checked.add(entity.constructor);
}
