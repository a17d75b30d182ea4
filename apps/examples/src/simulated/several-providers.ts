import { severalProviders } from "../examples/several-providers.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

const answers: Readonly<Record<"openai" | "anthropic", Readonly<Record<string, string>>>> = {
  openai: { helium: "Cooling MRI magnets.", river: "The Mekong.", prime: "97." },
  anthropic: { helium: "Filling balloons.", river: "The Yangtze.", prime: "101." },
};

export const example: Example = {
  models: chatModels,
  allProviders: true,
  script: ({ request, wire }) => ({ text: answers[wire][/helium|river|prime/.exec(lastQuestion(request))?.[0] ?? ""] ?? "I don't know." }),
  run: severalProviders,
};
