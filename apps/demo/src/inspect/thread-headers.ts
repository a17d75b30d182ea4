import type { EntityRegistry, VersionHeader } from "@minference/ecs";
import { ChatThread } from "@minference/threads";

/** Goes through the stored versions of conversations, or through their last ones, in the order they were stored. */
export async function* threadHeaders(registry: EntityRegistry, versions: "heads" | "all"): AsyncGenerator<VersionHeader, void> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<EntityRegistry["list"]>> = await registry.list(ChatThread, {
      versions,
      limit: 1000,
      ...(after === null ? {} : { after }),
    });
    yield* page.items;
    after = page.next;
  } while (after !== null);
}
