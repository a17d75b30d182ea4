import { appendToUser } from "./append-to-user.ts";
import { readJsonObject } from "./json-reading.ts";
import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";

/**
 * A JSON object by the provider's own mode. The mode wants JSON to be spoken of
 * (https://platform.openai.com/docs/guides/structured-outputs#json-mode): where nothing does, the thread's `postfill` is added.
 */
export const jsonObjectFormat: ThreadFormat = {
  ...textFormat,
  shape(request, { postfill }) {
    const spoken = request.messages.some((message) => message.role !== "assistant" && /json/i.test(JSON.stringify(message)));
    const messages = spoken ? request.messages : appendToUser(request.messages, postfill);
    return { ...request, messages, responseFormat: { type: "json_object" } };
  },
  read: readJsonObject,
};
