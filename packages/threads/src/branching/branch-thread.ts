import type { EntityRegistry } from "@minference/ecs";
import { ChatThread } from "../thread/chat-thread.ts";
import type { ThreadEdit } from "./thread-edit.ts";

/**
 * Loads any stored version of a thread, edits it and stores it, as a branch where that version has successors already: nothing that
 * is there changes. Storing costs what the edit changes, however long the history is. Without an edit nothing is stored yet; run such a thread with
 * `onConflict: "branch"`. Rejects with what the edit throws, and as `EntityRegistry.get`, before anything is stored.
 */
export async function branchThread(registry: EntityRegistry, ecsId: string, edit: ThreadEdit = () => {}): Promise<ChatThread> {
  const thread = await registry.get(ChatThread, ecsId);
  await edit(thread);
  thread.check();
  await registry.register(thread, { onConflict: "branch", message: "branch" });
  return thread;
}

/** Loads a version several times, each an object of its own to be edited and run as a branch. */
export async function branchCopies(registry: EntityRegistry, ecsId: string, edits: readonly ThreadEdit[]): Promise<ChatThread[]> {
  return Promise.all(
    edits.map(async (edit) => {
      const thread = await registry.get(ChatThread, ecsId);
      await edit(thread);
      thread.check();
      return thread;
    }),
  );
}
