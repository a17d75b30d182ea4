import { tools } from "../examples/tools.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { toolResults } from "./conversation.ts";

const cities = ["Lisbon", "Oslo"];

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const results = toolResults(request);
    if (results.length === 0) {
      return { text: "I look both up.", toolCalls: cities.map((city) => ({ name: "current_weather", arguments: { city } })) };
    }
    const degrees = results.slice(0, 2).map(({ content }) => Number(/"celsius":(-?[\d.]+)/.exec(content)?.[1]));
    const warmest = Math.max(...degrees);
    const converted = results[2]?.content;
    if (converted === undefined) return { toolCalls: [{ name: "celsius_to_fahrenheit", arguments: { celsius: warmest } }] };
    return { text: `It is warmer in ${cities[degrees.indexOf(warmest)]}: ${converted} °F.` };
  },
  run: tools,
};
