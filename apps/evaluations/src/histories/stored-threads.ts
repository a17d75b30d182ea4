import { CommandError } from "@minference/command-line";
import { type EntityRegistry, pagesOf } from "@minference/ecs";
import { ChatThread } from "@minference/threads";

/** Gives the lineages of all stored conversations by their names. Rejects when two have one name. */
export async function storedThreads(registry: EntityRegistry): Promise<ReadonlyMap<string, string>> {
  const lineages = new Map<string, string>();
  for await (const headers of pagesOf((after) => registry.list(ChatThread, { limit: 500, ...after }))) {
    const threads = await registry.getMany(
      ChatThread,
      headers.map(({ ecsId }) => ecsId),
    );
    for (const { lineageId, name } of threads) {
      if (lineages.has(name ?? ""))
        throw new CommandError(`Two conversations are named ${name}: compare stores that were new before the evaluation`);
      lineages.set(name ?? "", lineageId);
    }
  }
  return lineages;
}
