import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";

/** The model chooses among the thread's tools, turn by turn, until it answers without a call. */
export const autoToolsFormat: ThreadFormat = {
  ...textFormat,
  needsUserMessage: false,
  refusal: (thread) => (thread.tools.length === 0 ? "the response format auto_tools needs at least one tool in tools" : null),
  ahead: (thread) => thread.tools,
  callable: (thread) => thread.tools,
  offer: (thread) => ({ tools: thread.tools, choice: "auto" }),
};
