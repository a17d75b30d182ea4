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
const slow: ReadonlySet<string> = new Set(["Hanoi", "Quito", "Turin"]);
/** What it was asked and has not answered: it is at it when the run breaks off. */
const unanswered = new Set<string>();

export const example: Example = {
  models: chatModels,
  async script({ request }) {
    const city = /is (\w+) in/.exec(lastQuestion(request))?.[1] ?? "";
    if (slow.has(city) && !unanswered.delete(city)) {
      unanswered.add(city);
      await setTimeout(60_000, null, { ref: false });
    }
    return { text: countries.get(city) ?? "I don't know." };
  },
  run: resume,
};
