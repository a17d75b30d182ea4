import { StorageError } from "@minference/ecs";
import type { TableMapping } from "./table-mapping.ts";

type Check = (value: unknown) => boolean;

const columnTypes: ReadonlySet<unknown> = new Set(["text", "integer", "int64", "bigint", "real", "boolean", "instant", "json"]);
const isText: Check = (value) => typeof value === "string" && !value.includes("\u0000");
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
const isFlag: Check = (value) => typeof value === "boolean";
const isNames = listOf(shapeOf({ field: isText, name: isText }));

const isTableMapping = shapeOf({
  family: isText,
  kind: (value) => value === "table" || value === "indexes",
  table: isText,
  generation: isCount,
  columns: isNames,
  references: isNames,
  members: isNames,
  latest: isText,
  versions: isText,
  classes: listOf(
    shapeOf({
      type: isText,
      schemaVersion: isCount,
      references: listOf(isText),
      members: listOf(isText),
      fields: listOf(
        shapeOf({
          field: isText,
          type: (value) => columnTypes.has(value),
          required: isFlag,
          values: (value) => value === null || listOf((each) => isText(each) || Number.isFinite(each))(value),
          since: isCount,
          missing: (value) => value !== undefined,
          indexed: isFlag,
          short: isFlag,
        }),
      ),
    }),
  ),
});

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function shapeOf(checks: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (typeof value !== "object" || value === null) return false;
    const properties = new Map<string, unknown>(Object.entries(value));
    return Object.entries(checks).every(([name, check]) => check(properties.get(name)));
  };
}

function isMapping(value: unknown): value is TableMapping {
  return isTableMapping(value);
}

/**
 * Reads the mapping of a typed table as a store has it. SQL is made of it, so that nothing else than a mapping is taken.
 *
 * @throws {StorageError} `newer_store` for a form that is not known here, `corrupt` for what is none
 */
export function readMapping(name: string, text: string): TableMapping {
  let mapping: unknown;
  try {
    mapping = JSON.parse(text);
  } catch (cause) {
    throw new StorageError("corrupt", `The mapping of the typed table ${name} can't be read: restore the store from a backup`, { cause });
  }
  if (typeof mapping === "object" && mapping !== null && "format" in mapping && typeof mapping.format === "number" && mapping.format > 1) {
    throw new StorageError("newer_store", `The typed table ${name} was made by a newer version of this package: update it`);
  }
  if (isMapping(mapping)) return mapping;
  throw new StorageError("corrupt", `The mapping of the typed table ${name} is none: restore the store from a backup`);
}
