import { postgres } from "../examples/postgres.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

const sentences: Readonly<Record<string, string>> = {
  rain: "Rain is water that has had enough of the sky.",
  rivers: "Rivers are rain going home.",
  salt: "Salt is what the sea remembers of the land.",
  sand: "Sand is a mountain, later.",
};

export const example: Example = {
  models: chatModels,
  script: ({ request }) => ({ text: sentences[/about (\w+)/.exec(lastQuestion(request))?.[1] ?? ""] ?? "I don't know." }),
  run: postgres,
};
