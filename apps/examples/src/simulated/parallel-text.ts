import { parallelText } from "../examples/parallel-text.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

const capitals: Readonly<Record<string, string>> = {
  France: "Paris",
  Japan: "Tokyo",
  Brazil: "Brasília",
  Kenya: "Nairobi",
  Norway: "Oslo",
  Peru: "Lima",
  Egypt: "Cairo",
  Canada: "Ottawa",
  Mongolia: "Ulaanbaatar",
  Portugal: "Lisbon",
  Ghana: "Accra",
  Fiji: "Suva",
};

export const example: Example = {
  models: chatModels,
  script: ({ request }) => ({ text: capitals[/capital of (\w+)/.exec(lastQuestion(request))?.[1] ?? ""] ?? "I don't know." }),
  run: parallelText,
};
