import { structuredOutput } from "../examples/structured-output.ts";
import { chatModels, type Example } from "../setting/example.ts";

const desks = [
  { item: "desk", price: 180 },
  { item: "desk", price: 180 },
  { item: "delivery", price: 35 },
];

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const spoken = JSON.stringify(request.messages);
    if (spoken.includes("2041")) return { text: JSON.stringify({ number: "2041", currency: "EUR", lines: desks }) };
    // Writes the currency out at first, which the schema does not allow.
    const currency = spoken.includes("can't be used") ? "USD" : "dollars";
    return { text: JSON.stringify({ number: "A-7", currency, lines: [{ item: "keyboard", price: 59 }] }) };
  },
  run: structuredOutput,
};
