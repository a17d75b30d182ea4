import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";

/** One forced tool. The turn is over once it ran well; after an error result the model is asked again. */
export const toolFormat: ThreadFormat = {
  ...textFormat,
  takesText: false,
  refusal: (thread) => (thread.forcedOutput === null ? "the response format tool needs forcedOutput: set the tool to be called" : null),
  ahead: (thread) => (thread.forcedOutput === null ? [] : [thread.forcedOutput]),
  callable: (thread) => (thread.forcedOutput === null ? [] : [thread.forcedOutput]),
  offer: (thread) => (thread.forcedOutput === null ? null : { tools: [thread.forcedOutput], choice: { name: thread.forcedOutput.name } }),
  endsAfter: (results) => results.some((result) => !result.isError),
};
