import { textOf } from "@minference/clients";
import type { SimulatedAnswer, SimulatedScript } from "@minference/clients/testing";

/** Plays the model that the guides talk to. */
export const guideModel: SimulatedScript = ({ request, wire }): SimulatedAnswer => {
  const spoken = request.messages.filter((message) => message.role === "user").map(textOf);
  const question = spoken.at(-1) ?? "";
  const tried = spoken.length > 1;
  if (question === "Why is the sky blue?") return { text: "Air scatters blue light more than red." };
  if (question.includes("apples and pears")) {
    if (request.messages.at(-1)?.role === "tool") return { text: "We have 12 apples; pears are not an article of ours." };
    return { toolCalls: ["apples", "pears"].map((article) => ({ name: "in_stock", arguments: { article } })) };
  }
  if (question.includes("invoice of 400")) {
    if (request.messages.at(-1)?.role === "tool") return { text: "Done: 400 euros paid." };
    return { toolCalls: [{ name: "pay", arguments: { euros: 400 } }] };
  }
  if (spoken[0] === "Who wrote Middlemarch?") return { text: JSON.stringify({ name: "George Eliot", born: tried ? 1819 : "in 1819" }) };
  if (/\bplus\b/.test(question)) return { text: String(2 * Number(/\d+/.exec(question)?.[0])) };
  return { text: wire === "anthropic" ? "11" : "7" };
};
