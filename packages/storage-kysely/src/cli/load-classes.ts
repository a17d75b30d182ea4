import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type AnyEntityClass, StorageError } from "@minference/ecs";
import type { TableClasses } from "../tables/wanted-tables.ts";

/**
 * Loads the entity classes of a module: those that it exports as `tables` and `indexes`, or else all classes among its exports, also in arrays.
 *
 * @param name - a path, or the name of a package that is installed in the directory
 * @throws {StorageError} `invalid` when it can't be loaded or exports none
 */
export async function loadClasses(name: string, directory = process.cwd()): Promise<TableClasses> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(locate(name, directory));
  } catch (cause) {
    throw new StorageError(
      "invalid",
      `The entities of ${name} can't be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
  const indexes = classesIn(exported["indexes"]);
  const tables = classesIn("tables" in exported ? exported["tables"] : Object.values(exported)).filter((each) => !indexes.includes(each));
  if (tables.length + indexes.length === 0) throw new StorageError("invalid", `${name} exports no entity classes`);
  return { tables, indexes };
}

function locate(name: string, directory: string): string {
  const path = resolve(directory, name);
  const isPath = /^[./\\]/.test(name) || existsSync(path);
  return pathToFileURL(isPath ? path : createRequire(join(directory, "package.json")).resolve(name)).href;
}

function classesIn(value: unknown): AnyEntityClass[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap(classesIn))];
  return isEntityClass(value) ? [value] : [];
}

/** Recognises a class by its definition, since the module may use another copy of `@minference/ecs`. */
function isEntityClass(value: unknown): value is AnyEntityClass {
  if (typeof value !== "function" || !("definition" in value)) return false;
  const { definition } = value;
  return typeof definition === "object" && definition !== null && "schemaVersion" in definition && "fields" in definition;
}
