import { budget } from "../examples/budget.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const drink = /praise of (\w+)/.exec(lastQuestion(request))?.[1] ?? "";
    return {
      text: `Nothing is as patient as ${drink}. It waits in its cup until the world is ready to be talked about again.`,
      outputTokens: 60,
    };
  },
  run: budget,
};
