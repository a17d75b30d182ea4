import type { ChatThread } from "../thread/chat-thread.ts";

/** Edits a thread that was loaded, before it is stored or run. It is awaited. */
export type ThreadEdit = (thread: ChatThread) => void | Promise<void>;
