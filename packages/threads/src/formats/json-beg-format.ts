import { assistantMessage } from "@minference/clients";
import { continuesAnswers } from "../config/format-support.ts";
import { appendToUser } from "./append-to-user.ts";
import { readFencedJson } from "./json-reading.ts";
import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";

/**
 * JSON in a fence: the request begins the answer with the thread's `prefill` where the provider goes on with that, and ends the message with
 * its `postfill` elsewhere.
 */
export const jsonBegFormat: ThreadFormat = {
  ...textFormat,
  refusal({ llmConfig, prefill }, provider) {
    if (!continuesAnswers(provider, llmConfig.model)) return null;
    // https://docs.anthropic.com/en/docs/build-with-claude/prompt-engineering/prefill-claudes-response
    return prefill === "" || /\s$/.test(prefill) ? "prefill has to be some text that ends without a space or line break" : null;
  },
  opening: ({ prefill }, provider, model) => (continuesAnswers(provider, model) ? prefill : ""),
  shape(request, thread, provider) {
    const { messages, model } = request;
    const begun = continuesAnswers(provider, model)
      ? [...messages, assistantMessage(thread.prefill)]
      : appendToUser(messages, thread.postfill);
    return { ...request, messages: begun };
  },
  read: readFencedJson,
};
