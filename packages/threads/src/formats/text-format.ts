import type { ThreadFormat } from "./thread-format.ts";

/**
 * Plain text. Where the conversation holds tool calls of an earlier format the tools are still named, since providers
 * refuse such a history without them, but none may be called.
 */
export const textFormat: ThreadFormat = {
  needsUserMessage: true,
  takesText: true,
  refusal: () => null,
  finished: () => null,
  ahead: () => [],
  callable: () => [],
  offer(thread) {
    const tools = thread.allTools;
    if (tools.length === 0 || !thread.sentMessages.some((message) => message.role === "tool")) return null;
    return { tools, choice: "none" };
  },
  opening: () => "",
  shape: (request) => request,
  read: null,
  moveOn: () => {},
  endsAfter: () => false,
};
