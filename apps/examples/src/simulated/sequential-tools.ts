import { sequentialTools } from "../examples/sequential-tools.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion, toolResults } from "./conversation.ts";

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const results = toolResults(request);
    const spoken = JSON.stringify(request.messages);
    const order = /My order (\w+)/.exec(spoken)?.[1] ?? "";
    // It stops to ask once, as models do, and is told to go on.
    if (lastQuestion(request).startsWith("Go on")) return close("The lamp is not broken; sent instructions");
    const [found, refunded] = results;
    if (found === undefined) return { toolCalls: [{ name: "find_order", arguments: { order } }] };
    if (found.content.includes('"broken":false')) return { text: "The lamp is not broken. Shall I close the ticket?" };
    const amount = Number(/"paid":(\d+)/.exec(found.content)?.[1]);
    if (refunded === undefined) return { text: "It is broken.", toolCalls: [{ name: "refund", arguments: { order, amount } }] };
    return close("Refunded");
  },
  run: sequentialTools,
};

function close(resolution: string) {
  return { toolCalls: [{ name: "close_ticket", arguments: { resolution } }] };
}
