import * as z from "zod";
import { EntityError } from "../errors/entity-error.ts";
import { backrefTarget } from "./backref.ts";
import { type QuickCheck, quickCheckOf } from "./quick-check.ts";
import { refTarget } from "./ref.ts";

/**
 * How a field is watched: `ref` holds an entity; `list`, `record`, `map` and `set` are containers that can be edited in
 * place; `value` is frozen data; `composite` is frozen data with entities somewhere inside.
 */
export type FieldKind = "value" | "ref" | "list" | "record" | "map" | "set" | "composite";

/** The fewest and the most elements of a container. */
export interface SizeBounds {
  readonly least: number;
  readonly most: number;
}

/** One field of an entity, worked out from its schema. */
export interface FieldDefinition {
  readonly name: string;
  /** Its place among the fields of its entity; the same in all classes of a family that have it. */
  readonly index: number;
  /** `Entity.field`, for messages. */
  readonly path: string;
  readonly kind: FieldKind;
  readonly schema: z.core.$ZodType;
  /** Whether entities can stand in it. */
  readonly holdsEntities: boolean;
  /** What checks an element of a container. */
  readonly element: z.core.$ZodType | null;
  /** What checks a key of a record or map. */
  readonly key: z.core.$ZodType | null;
  /** Whether the keys of a record are numbers to its schema. */
  readonly numericKeys: boolean;
  /** Whether the container as a whole has rules other than its size, so that each edit has to check all of it. */
  readonly checksWhole: boolean;
  /** How many elements the container may hold. */
  readonly sizes: SizeBounds | null;
  /** Checks its values without asking the schema, as far as that can be told; `null` where the schema asks for more. */
  readonly quickCheck: QuickCheck | null;
  /** Whether it is a collection that is empty unless something is given. */
  readonly emptyByDefault: boolean;
  /** Whether its values are kept out of messages: some schema in it says `.meta({ secret: true })`. */
  readonly secret: boolean;
  /** Whether stores are asked to index it: `.meta({ indexed: true })`. */
  readonly indexed: boolean;
  /** The functions that give the classes it may refer to. */
  readonly targets: readonly (() => unknown)[];
  /** The functions that give the classes it may point at without holding them. */
  readonly backrefTargets: readonly (() => unknown)[];
}

const leaves: ReadonlySet<string> = new Set([
  "any",
  "bigint",
  "boolean",
  "date",
  "enum",
  "int",
  "literal",
  "nan",
  "never",
  "null",
  "number",
  "string",
  "template_literal",
  "undefined",
  "unknown",
  "void",
]);

const advice: Readonly<Record<string, string>> = {
  custom: "custom and instanceof schemas hide what they hold; describe plain data, or use ref() for an entity",
  file: "files are not plain data",
  function: "functions can't be stored",
  pipe: "transforms, codecs and preprocessing would run again on what was stored; store the result and convert in a method",
  promise: "promises can't be stored; await the value first",
  symbol: "symbols can't be stored",
  transform: "transforms would run again on what was stored; store the result and convert in a method",
};

interface Found {
  readonly marks: Set<"secret" | "indexed">;
  readonly targets: (() => unknown)[];
  readonly backrefTargets: (() => unknown)[];
  readonly seen: Set<z.core.$ZodType>;
}

/** The schemas that stand directly inside another one. */
function inside(schema: z.core.$ZodTypes): readonly z.core.$ZodType[] | undefined {
  const definition = schema._zod.def;
  switch (definition.type) {
    case "array":
      return [definition.element];
    case "tuple":
      return definition.rest === null ? definition.items : [...definition.items, definition.rest];
    case "object":
      return definition.catchall === undefined
        ? Object.values(definition.shape)
        : [...Object.values(definition.shape), definition.catchall];
    case "record":
    case "map":
      return [definition.keyType, definition.valueType];
    case "set":
      return [definition.valueType];
    case "union":
      return definition.options;
    case "intersection":
      return [definition.left, definition.right];
    case "lazy":
      return [definition.getter()];
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
    case "catch":
      return [definition.innerType];
    default:
      return undefined;
  }
}

const deepest = 200;

function examine(schema: z.core.$ZodType, path: string, found: Found, depth = 0): void {
  if (found.seen.has(schema)) return;
  if (depth > deepest)
    throw new EntityError("invalid_definition", `${path}: the schema has no end; z.lazy has to give the same schema each time`);
  found.seen.add(schema);
  const meta = z.globalRegistry.get(schema);
  if (meta?.["secret"] === true) found.marks.add("secret");
  if (meta?.["indexed"] === true) found.marks.add("indexed");
  const target = refTarget(schema);
  if (target !== undefined) {
    found.targets.push(target);
    return;
  }
  const pointedAt = backrefTarget(schema);
  if (pointedAt !== undefined) found.backrefTargets.push(pointedAt);
  const { type } = schema._zod.def;
  if (leaves.has(type)) return;
  const children = inside(known(schema));
  if (children === undefined) {
    throw new EntityError(
      "invalid_definition",
      `${path}: a ${type} schema can't be tracked: ${advice[type] ?? "describe plain data instead"}`,
    );
  }
  for (const child of children) examine(child, path, found, depth + 1);
}

function known(schema: z.core.$ZodType): z.core.$ZodTypes {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the union of all schemas that zod has, told apart by def.type
  return schema as z.core.$ZodTypes;
}

interface Unwrapped {
  readonly core: z.core.$ZodType;
  /** The rules of the schema and of what was taken off it. */
  readonly checks: readonly z.core.$ZodCheck[];
}

/** Takes off what only says how a value may be absent. */
function unwrap(schema: z.core.$ZodType): Unwrapped {
  let core = schema;
  const checks: z.core.$ZodCheck[] = [];
  for (;;) {
    const definition = known(core)._zod.def;
    checks.push(...(definition.checks ?? []));
    if (
      definition.type !== "optional" &&
      definition.type !== "nullable" &&
      definition.type !== "default" &&
      definition.type !== "prefault"
    ) {
      return { core, checks };
    }
    core = definition.innerType;
  }
}

function isRefOrUnionOfRefs(schema: z.core.$ZodType): boolean {
  if (refTarget(schema) !== undefined) return true;
  const { core } = unwrap(schema);
  if (core !== schema) return isRefOrUnionOfRefs(core);
  const definition = known(schema)._zod.def;
  return definition.type === "union" && definition.options.every(isRefOrUnionOfRefs);
}

interface Shape {
  readonly kind: FieldKind;
  readonly element: z.core.$ZodType | null;
  readonly key: z.core.$ZodType | null;
}

function shapeOf(core: z.core.$ZodType, holdsEntities: boolean): Shape {
  if (holdsEntities && isRefOrUnionOfRefs(core)) return { kind: "ref", element: null, key: null };
  const definition = known(core)._zod.def;
  const trackable = (element: z.core.$ZodType): boolean => !holdsEntities || isPlainRef(element);
  if (definition.type === "array" && trackable(definition.element)) return { kind: "list", element: definition.element, key: null };
  if (definition.type === "record" && trackable(definition.valueType)) {
    return { kind: "record", element: definition.valueType, key: definition.keyType };
  }
  if (definition.type === "map" && trackable(definition.valueType))
    return { kind: "map", element: definition.valueType, key: definition.keyType };
  if (definition.type === "set" && trackable(definition.valueType)) return { kind: "set", element: definition.valueType, key: null };
  return { kind: holdsEntities ? "composite" : "value", element: null, key: null };
}

/** An element that is always an entity; one that may also be null makes the field a composite. */
function isPlainRef(schema: z.core.$ZodType): boolean {
  if (refTarget(schema) !== undefined) return true;
  const definition = known(schema)._zod.def;
  return definition.type === "union" && definition.options.every(isPlainRef);
}

/** The bounds that rules set, when they are about nothing but the size; `null` when there is another rule, or none. */
function sizesOf(checks: readonly z.core.$ZodCheck[]): SizeBounds | null {
  let [least, most] = [0, Number.POSITIVE_INFINITY];
  for (const check of checks) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the union of all checks that zod has, told apart by def.check
    const { def } = (check as z.core.$ZodChecks)._zod;
    if (def.check === "min_length" || def.check === "min_size") least = Math.max(least, def.minimum);
    else if (def.check === "max_length" || def.check === "max_size") most = Math.min(most, def.maximum);
    else if (def.check === "length_equals") [least, most] = [Math.max(least, def.length), Math.min(most, def.length)];
    else if (def.check === "size_equals") [least, most] = [Math.max(least, def.size), Math.min(most, def.size)];
    else return null;
  }
  return checks.length === 0 ? null : { least, most };
}

function isEmptyByDefault(schema: z.core.$ZodType, kind: FieldKind): boolean {
  const definition = known(schema)._zod.def;
  if (definition.type !== "default" || (kind !== "list" && kind !== "record" && kind !== "map" && kind !== "set")) return false;
  try {
    const value: unknown = definition.defaultValue;
    return value instanceof Map || value instanceof Set ? value.size === 0 : Object.keys(Object(value)).length === 0;
  } catch {
    // It is made of something that is not defined yet, and so not empty.
    return false;
  }
}

const objectTypes: ReadonlySet<string> = new Set(["array", "date", "intersection", "map", "object", "record", "set", "tuple"]);

/** Refuses maps and sets that would have to find objects again by identity, which storing does not keep. */
function refuseObjectKeys(path: string, { kind, key, element }: Shape): void {
  const sought = kind === "map" ? key : kind === "set" ? element : null;
  if (sought === null || isRefOrUnionOfRefs(sought)) return;
  const { type } = unwrap(sought).core._zod.def;
  if (!objectTypes.has(type)) return;
  throw new EntityError(
    "invalid_definition",
    `${path}: a ${kind} of ${type} ${kind === "map" ? "keys" : "members"} could not find them again once stored; use text or numbers, or a list`,
  );
}

/** Works out how a field is watched, and refuses a schema that can't be. */
export function defineField(entityName: string, name: string, index: number, schema: z.core.$ZodType): FieldDefinition {
  const path = `${entityName}.${name}`;
  const found: Found = { marks: new Set(), targets: [], backrefTargets: [], seen: new Set() };
  examine(schema, path, found);
  const { core, checks } = unwrap(schema);
  const holdsEntities = found.targets.length > 0;
  const shape = shapeOf(core, holdsEntities);
  refuseObjectKeys(path, shape);
  const keyType = shape.key === null ? null : unwrap(shape.key).core._zod.def.type;
  const numericKeys = shape.kind === "record" && (keyType === "number" || keyType === "int");
  const sizes = sizesOf(checks);
  const hasOtherRules = checks.length > 0 && sizes === null;
  const checksWhole = hasOtherRules || (shape.kind === "record" && (keyType === "enum" || keyType === "literal" || keyType === "union"));
  const marks = { secret: found.marks.has("secret"), indexed: found.marks.has("indexed") };
  return {
    name,
    index,
    path,
    quickCheck: quickCheckOf(schema),
    emptyByDefault: checks.length === 0 && isEmptyByDefault(schema, shape.kind),
    schema,
    holdsEntities,
    ...marks,
    ...shape,
    numericKeys,
    checksWhole,
    sizes,
    targets: found.targets,
    backrefTargets: found.backrefTargets,
  };
}
