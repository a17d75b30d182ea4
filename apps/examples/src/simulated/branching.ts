import { branching } from "../examples/branching.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

const slogans: readonly (readonly [RegExp, string])[] = [
  [/funny/, "Our bread is rising to the occasion."],
  [/rhyming/, "Get out of bed for Crust's good bread."],
  [/very short/, "Crust. Real bread."],
  [/old-fashioned/, "Crust, purveyor of honest bread since this morning."],
  [/cake/, "Let them eat cake at Crust."],
];

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const question = lastQuestion(request);
    return { text: slogans.find(([pattern]) => pattern.test(question))?.[1] ?? "What are you proudest of?" };
  },
  run: branching,
};
