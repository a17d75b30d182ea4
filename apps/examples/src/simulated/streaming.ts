import { streaming } from "../examples/streaming.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

export const example: Example = {
  models: chatModels,
  script: ({ request }) => ({
    text: lastQuestion(request).includes("spring")
      ? "Snow leaves the window; a bird begins in the dark and nobody sleeps."
      : "The last apple falls; somewhere a gate is closing, slowly, by itself.",
  }),
  run: streaming,
};
