import { customStorage } from "../examples/custom-storage.ts";
import { chatModels, type Example } from "../setting/example.ts";

export const example: Example = {
  models: chatModels,
  script: () => ({ text: "What is written down can be found again." }),
  run: customStorage,
};
