import { lineageDiagram } from "../examples/lineage-diagram.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const question = lastQuestion(request);
    if (question.includes("train")) return { text: "Take the night train to Ljubljana." };
    if (question.includes("bicycle")) return { text: "Ride along the Danube to Vienna." };
    return { text: "Go to the Alps, before the summer comes." };
  },
  run: lineageDiagram,
};
