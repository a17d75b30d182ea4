import { customProvider } from "../examples/custom-provider.ts";
import { chatModels, type Example } from "../setting/example.ts";

export const example: Example = {
  models: chatModels,
  script: () => ({ text: "That is understandable. Which part worries you most?" }),
  run: customProvider,
};
