import { openrouter } from "../examples/openrouter.ts";
import type { Example } from "../setting/example.ts";

export const example: Example = {
  models: { openrouter: "meta-llama/llama-3.3-70b-instruct" },
  script: ({ request }) => (request.model.startsWith("deepseek/") ? { reasoning: "st-r-awbe-r-r-y.", text: "3" } : { text: "3" }),
  run: openrouter,
};
