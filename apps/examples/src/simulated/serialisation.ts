import { serialisation } from "../examples/serialisation.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { toolResults } from "./conversation.ts";

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const [result] = toolResults(request);
    if (result !== undefined) return { text: `You rolled a ${result.content}.` };
    return { toolCalls: [{ name: "roll", arguments: { sides: 12 } }] };
  },
  run: serialisation,
};
