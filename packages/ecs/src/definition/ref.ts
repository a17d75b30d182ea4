import * as z from "zod";

/** A schema for a reference to an entity; it carries the class's type and resolves nothing. */
export interface Ref<C> extends z.ZodType {
  readonly "~target": C;
}

const targetKey = Symbol("ref target");

interface RefDefinition extends z.core.$ZodCustomDef {
  readonly [targetKey]: () => unknown;
}

/**
 * Refers to one version of another entity and carries change upward: when the entity it leads to gets a new version, so
 * does the one that holds it. The class is given as a function, since it may be defined later or be the class itself.
 */
export function ref<C>(target: () => C): Ref<C> {
  const definition: RefDefinition = {
    type: "custom",
    check: "custom",
    fn: (value: unknown) => {
      const expected: unknown = target();
      return typeof expected === "function" && value instanceof expected;
    },
    error: () => {
      const expected: unknown = target();
      return typeof expected === "function"
        ? `Invalid input: expected an instance of ${expected.name}`
        : "the class referred to is not defined";
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
