import { EntityRegistry } from "@minference/ecs";
import { CallableTool, StructuredTool } from "@minference/threads";
import { openStoredConversations } from "../storage/open-storage.ts";
import type { StorageLocation } from "../storage/storage-location.ts";

/** Opens a store to read conversations from, hands it over, and lets go of it. */
export async function withStoredConversations<Result>(
  location: StorageLocation,
  read: (registry: EntityRegistry) => Promise<Result>,
): Promise<Result> {
  const storage = await openStoredConversations(location, { readonly: true });
  try {
    return await read(new EntityRegistry(storage, { entities: [CallableTool, StructuredTool] }));
  } finally {
    await storage.close();
  }
}
