import { setTimeout } from "node:timers/promises";
import { resume } from "../examples/resume.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { lastQuestion } from "./conversation.ts";

const countries = new Map([
  ["Lima", "Peru"],
  ["Oslo", "Norway"],
  ["Cairo", "Egypt"],
  ["Hanoi", "Vietnam"],
  ["Quito", "Ecuador"],
  ["Turin", "Italy"],
]);
const slow = new Set(["Hanoi", "Quito", "Turin"]);

export const example: Example = {
  models: chatModels,
  async script({ request, sequence }) {
    const city = /is (\w+) in/.exec(lastQuestion(request))?.[1] ?? "";
    // When it is asked first, it is still at these when the run breaks off.
    if (sequence < countries.size && slow.has(city)) await setTimeout(60_000, null, { ref: false });
    return { text: countries.get(city) ?? "I don't know." };
  },
  run: resume,
};
