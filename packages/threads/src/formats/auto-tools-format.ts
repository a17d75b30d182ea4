import type { ThreadFormat } from "./thread-format.ts";

/** The model chooses among the thread's tools, turn by turn, until it answers without a call. */
export const autoToolsFormat: ThreadFormat = {
  needsUserMessage: false,
  takesText: true,
  refusal: (thread) => (thread.tools.length === 0 ? "the response format auto_tools needs at least one tool in tools" : null),
  callable: (thread) => thread.tools,
  offer: (thread) => ({ tools: thread.tools, choice: "auto" }),
  endsAfter: () => false,
};
