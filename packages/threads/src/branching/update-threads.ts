import type { EntityRegistry, RegisterOptions } from "@minference/ecs";
import { ChatThread } from "../thread/chat-thread.ts";
import type { ThreadEdit } from "./thread-edit.ts";

/**
 * Edits many threads and stores all of them in one commit: another system prompt or configuration, one tool more. What they
 * share stays one object, also when it is loaded: editing `thread.llmConfig` edits it for all that hold it, once each time `edit` is called; to
 * replace it, assign a new one made outside. Takes threads, or versions to be loaded, which have to be the last of their lines unless `onConflict` is
 * `branch`. Threads are edited one after another, each edit awaited. When one can't be
 * edited so, or another copy of one was stored meanwhile, nothing is stored. Rejects with what the edit throws.
 *
 * @throws {ThreadError} `invalid_thread`, `invalid_config` for a combination that can't work
 * @throws {ConflictError} when another copy was stored first
 */
export async function updateThreads(
  registry: EntityRegistry,
  threads: readonly (ChatThread | string)[],
  edit: ThreadEdit,
  options: RegisterOptions = {},
): Promise<ChatThread[]> {
  const ids = threads.filter((thread) => typeof thread === "string");
  const loaded = new Map((await registry.getMany(ChatThread, ids)).map((thread, index) => [ids[index], thread]));
  const edited = threads.flatMap((thread) => (typeof thread === "string" ? (loaded.get(thread) ?? []) : thread));
  for (const thread of new Set(edited)) {
    await edit(thread);
    thread.check();
  }
  await registry.register(edited, { message: "update threads", ...options });
  return edited;
}
