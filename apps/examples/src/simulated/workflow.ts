import { workflow } from "../examples/workflow.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { toolResults } from "./conversation.ts";

const claims = ["The bridge was opened on Monday", "It cost 12 million", "It carries 9,000 cars a day"];

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const { toolChoice } = request;
    const forced = typeof toolChoice === "object" ? toolChoice.name : "";
    const failed = toolResults(request).some(({ content }) => content.includes("3 claims, not 2"));
    switch (forced) {
      case "list_claims":
        return { toolCalls: [{ name: forced, arguments: { claims } }] };
      case "rate_claims": // forgets one at first, and is told so
        return { toolCalls: [{ name: forced, arguments: { ratings: failed ? [5, 4, 2] : [5, 4] } }] };
      default:
        return { toolCalls: [{ name: forced, arguments: { claim: claims[0] ?? "" } }] };
    }
  },
  run: workflow,
};
