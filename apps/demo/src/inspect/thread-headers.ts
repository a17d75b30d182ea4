import { type EntityRegistry, pagesOf, type VersionHeader } from "@minference/ecs";
import { ChatThread } from "@minference/threads";

/** Goes through the stored versions of conversations, or through their last ones, in the order they were stored. */
export async function* threadHeaders(registry: EntityRegistry, versions: "heads" | "all"): AsyncGenerator<VersionHeader, void> {
  for await (const headers of pagesOf((after) => registry.list(ChatThread, { versions, limit: 1000, ...after }))) yield* headers;
}
