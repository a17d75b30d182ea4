import type { ThreadFormat } from "./thread-format.ts";

/** One forced tool. The turn is over once it ran well; after an error result the model is asked again. */
export const toolFormat: ThreadFormat = {
  needsUserMessage: true,
  takesText: false,
  refusal: (thread) => (thread.forcedOutput === null ? "the response format tool needs forcedOutput: set the tool to be called" : null),
  callable: (thread) => (thread.forcedOutput === null ? [] : [thread.forcedOutput]),
  offer: (thread) => (thread.forcedOutput === null ? null : { tools: [thread.forcedOutput], choice: { name: thread.forcedOutput.name } }),
  endsAfter: (results) => results.some((result) => !result.isError),
};
