import { reasoning } from "../examples/reasoning.ts";
import type { Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

export const example: Example = {
  models: { anthropic: "claude-sonnet-4-5", openai: "gpt-5-mini" },
  script({ request }) {
    if (lastQuestion(request) !== "And the bat?") return { reasoning: "x + (x + 1.00) = 1.10, so x = 0.05.", text: "The ball costs 0.05." };
    const remembered = JSON.stringify(request.messages).includes("x = 0.05");
    return { reasoning: remembered ? "I found x = 0.05 before; 0.05 + 1.00." : "I have to begin anew.", text: "The bat costs 1.05." };
  },
  run: reasoning,
};
