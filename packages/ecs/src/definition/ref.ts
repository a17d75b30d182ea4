import * as z from "zod";

/** A schema for a reference to an entity; it carries the class's type and resolves nothing. */
export interface Ref<C> extends z.ZodType {
  readonly "~target": C;
}

const targetKey = Symbol("ref target");

interface RefDefinition extends z.core.$ZodCustomDef {
  readonly [targetKey]: () => unknown;
}

/** Says that the class which a schema leads to is not there. */
export class MissingTarget extends Error {}

/** Tells whether a value is of the class that a reference leads to; throws {@link MissingTarget} when there is none. */
export function isOfTarget(value: unknown, target: () => unknown): boolean {
  const expected = resolveTarget(target, "ref");
  if (typeof expected !== "function") throw new MissingTarget("ref() leads to something that is no entity class");
  return value instanceof expected;
}

/** Gives what a schema leads to; throws {@link MissingTarget} when that is not defined yet. */
export function resolveTarget(target: () => unknown, schema: "ref" | "backref"): unknown {
  try {
    return target();
  } catch (cause) {
    throw new MissingTarget(`the class that ${schema}() leads to is not defined yet`, { cause });
  }
}

/**
 * Refers to one version of another entity and carries change upward: when the entity it leads to gets a new version, so
 * does the one that holds it. The class is given as a function, since it may be defined later or be the class itself.
 */
export function ref<C>(target: () => C): Ref<C> {
  const definition: RefDefinition = {
    type: "custom",
    check: "custom",
    fn: (value: unknown) => isOfTarget(value, target),
    error: () => {
      const expected: unknown = target();
      return `Invalid input: expected an instance of ${typeof expected === "function" ? expected.name : "an entity class"}`;
    },
    [targetKey]: target,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- "~target" exists for the compiler alone
  return new z.ZodCustom(definition) as z.ZodType as Ref<C>;
}

function isRefDefinition(definition: z.core.$ZodTypeDef): definition is RefDefinition {
  return targetKey in definition;
}

/** Gives the function that a reference schema was made with; `undefined` for any other schema. */
export function refTarget(schema: z.core.$ZodType): (() => unknown) | undefined {
  const definition = schema._zod.def;
  return isRefDefinition(definition) ? definition[targetKey] : undefined;
}
