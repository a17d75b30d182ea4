import type { FieldDefinition, JsonValue } from "@minference/ecs";
import { type ColumnType, common, type FieldMapping } from "./table-mapping.ts";

type Schema = FieldDefinition["schema"];
type Definition = Schema["_zod"]["def"];

/** What a schema says of the values it admits. */
interface Shape {
  /** `null` where only nothing is admitted. */
  readonly type: ColumnType | null;
  readonly nullable: boolean;
  readonly values: readonly (string | number)[] | null;
  readonly short: boolean;
  /** What stands for a missing value; `undefined` where that is not known beforehand. */
  readonly missing?: JsonValue | undefined;
}

const anything: Shape = { type: "json", nullable: true, values: null, short: false };
const nothing: Shape = { type: null, nullable: true, values: [], short: true };

/** A text of so many characters can be held by any index. */
const shortText = 600;
const shortFormats: ReadonlySet<unknown> = new Set(["cuid", "cuid2", "guid", "ipv4", "nanoid", "ulid", "uuid", "xid"]);
const integerFormats: ReadonlySet<unknown> = new Set(["safeint", "int32", "uint32"]);

/** Works out the column of a field from its schema. */
export function mapField({ name, schema, indexed }: FieldDefinition, schemaVersion: number): FieldMapping {
  const { type, nullable, values, short, missing } = shapeOf(schema);
  return {
    field: name,
    type: type ?? "json",
    required: !nullable,
    values: type === "text" || type === "integer" || type === "real" ? values : null,
    since: schemaVersion,
    missing: missing ?? null,
    indexed: indexed && type !== "json",
    short,
  };
}

function shapeOf(schema: Schema): Shape {
  const definition = schema._zod.def;
  switch (definition.type) {
    case "string":
      return plain("text", isShort(definition));
    case "template_literal":
      return plain("text");
    case "int":
    case "number":
      return plain(formats(definition).some((format) => integerFormats.has(format)) ? "integer" : "real");
    case "bigint":
      return plain(formats(definition).includes("int64") ? "int64" : "bigint");
    case "boolean":
      return plain("boolean");
    case "date":
      return plain("instant");
    case "enum":
    case "literal":
      return shapeOfValues([...(schema._zod.values ?? [])]);
    case "null":
    case "undefined":
    case "void":
      return nothing;
    case "array":
    case "object":
    case "tuple":
    case "record":
    case "map":
    case "set":
      return plain("json");
    case "nullable":
    case "optional":
      return { ...inner(definition), nullable: true };
    case "nonoptional":
    case "readonly":
    case "catch":
      return inner(definition);
    case "default":
      return withDefault(inner(definition), definition);
    case "prefault":
      return { ...inner(definition), nullable: true };
    case "union":
      return "options" in definition && Array.isArray(definition.options)
        ? definition.options.map((option) => (isSchema(option) ? shapeOf(option) : anything)).reduce(either)
        : anything;
    default:
      return anything;
  }
}

function plain(type: ColumnType, short = false): Shape {
  return { type, nullable: false, values: null, short };
}

function inner(definition: Definition): Shape {
  return "innerType" in definition && isSchema(definition.innerType) ? shapeOf(definition.innerType) : anything;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value;
}

/** What the schema itself and its checks say of the format, such as `int32`. */
function formats(definition: Definition): unknown[] {
  return [definition, ...checksOf(definition)].map((rules) => ("format" in rules ? rules.format : undefined));
}

function checksOf(definition: Definition): object[] {
  return (definition.checks ?? []).map((check) => check._zod.def);
}

function isShort(definition: Definition): boolean {
  const isBounded = checksOf(definition).some((rules) =>
    Object.entries(rules).some(
      ([rule, bound]) => (rule === "maximum" || rule === "length") && typeof bound === "number" && bound <= shortText,
    ),
  );
  return isBounded || formats(definition).some((format) => shortFormats.has(format));
}

function shapeOfValues(values: readonly unknown[]): Shape {
  const nullable = values.some((value) => value === null || value === undefined);
  const present = values.filter((value) => value !== null && value !== undefined);
  if (present.length === 0) return nothing;
  const texts = present.filter((value) => typeof value === "string");
  if (texts.length === present.length) {
    return { type: "text", nullable, values: texts, short: texts.every((text) => text.length <= shortText) };
  }
  const numbers = present.filter((value) => typeof value === "number");
  if (numbers.length === present.length && numbers.every(Number.isFinite)) {
    return { type: numbers.every(Number.isSafeInteger) ? "integer" : "real", nullable, values: numbers, short: true };
  }
  if (present.every((value) => typeof value === "boolean")) return { type: "boolean", nullable, values: null, short: true };
  return { type: present.every((value) => typeof value === "bigint") ? "bigint" : "json", nullable, values: null, short: true };
}

function either(a: Shape, b: Shape): Shape {
  if (a.type === null || b.type === null) return { ...(a.type === null ? b : a), nullable: true };
  const type = common(a.type, b.type);
  const values = a.values === null || b.values === null || type === "json" ? null : [...new Set([...a.values, ...b.values])];
  return { type, nullable: a.nullable || b.nullable, values, short: a.short && b.short };
}

/** A default that is always the same stands for a missing value; any other leaves the column empty. */
function withDefault(shape: Shape, definition: Definition): Shape {
  if (!("defaultValue" in definition) || shape.type === null) return { ...shape, nullable: true };
  const [missing, again] = [encodeDefault(shape.type, definition), encodeDefault(shape.type, definition)];
  if (missing === undefined || JSON.stringify(missing) !== JSON.stringify(again)) return { ...shape, nullable: true };
  return { ...shape, missing };
}

function encodeDefault(type: ColumnType, definition: { readonly defaultValue: unknown }): JsonValue | undefined {
  let value: unknown;
  try {
    value = definition.defaultValue;
  } catch {
    // It is made of something that is not defined yet.
    return undefined;
  }
  switch (type) {
    case "text":
      return typeof value === "string" && value.isWellFormed() && !value.includes("\u0000") ? value : undefined;
    case "integer":
    case "real":
      return typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0) ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "int64":
    case "bigint":
      return typeof value === "bigint" ? value.toString() : undefined;
    case "instant":
      return undefined;
    case "json":
      return plainJson(value);
  }
}

/** Takes values that JSON holds as they are. */
function plainJson(value: unknown): JsonValue | undefined {
  const text: unknown = JSON.stringify(value);
  if (typeof text !== "string" || text.includes("$type") || text.includes("\\u") || !isPlain(value)) return undefined;
  const json: JsonValue = JSON.parse(text);
  return json;
}

function isPlain(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || value === null) return typeof value !== "bigint" && value !== undefined;
  if (Array.isArray(value)) return value.every(isPlain);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}
