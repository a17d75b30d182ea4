import { type EntityRegistry, isStorageId, pagesOf, type VersionHeader } from "@minference/ecs";
import { Run } from "./run.ts";

const pageSize = 1000;

/** Finds stored runs: the one of an id, else all that were given the name; every run where nothing is asked for. */
export async function* runsKnownAs(registry: EntityRegistry, idOrName?: string): AsyncGenerator<VersionHeader, void> {
  const { storage } = registry;
  const type = Run.definition.name;
  const id = idOrName?.toLowerCase() ?? "";
  const [head] = isStorageId(id) ? await storage.heads(id) : [];
  if (head?.type === type) return yield head;
  const where = idOrName === undefined ? [] : [{ field: "name", operator: "=" as const, value: idOrName }];
  const pages = pagesOf((after) => storage.list({ types: [type], versions: "heads", where, limit: pageSize, ...after }));
  for await (const headers of pages) yield* headers;
}
