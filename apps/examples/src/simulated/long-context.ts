import { longContext } from "../examples/long-context.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const [instructions] = request.messages;
    const document = instructions?.role === "system" ? instructions.text : "";
    const [, line, pump, pressure] = /line (\d+): pump (\d+) stopped, pressure ([\d.]+) bar/.exec(document) ?? [];
    const question = lastQuestion(request);
    const text = question.startsWith("Which pump")
      ? `Pump ${pump}.`
      : question.startsWith("In which")
        ? `Line ${line}.`
        : `${pressure} bar.`;
    // From the second turn on the document is in the cache.
    const cacheReadTokens = request.messages.length > 2 ? Math.floor(document.length / 4) : 0;
    return { text, cacheReadTokens };
  },
  run: longContext,
};
