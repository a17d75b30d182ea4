// Lets a model call functions: all calls of a turn run in parallel, on arguments that were checked.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

const weather = new Map([
  ["Lisbon", { celsius: 24, sky: "clear" }],
  ["Oslo", { celsius: 11, sky: "rain" }],
]);

export async function tools({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const callables = new CallableRegistry();
  const currentWeather = callables.register({
    name: "current_weather",
    docstring: "Gives the weather in a city at this moment",
    input: z.object({ city: z.string().describe("the city's English name") }),
    output: z.object({ celsius: z.number(), sky: z.string() }),
    run({ city }) {
      const found = weather.get(city);
      if (found === undefined) throw new Error(`There is no weather station in ${city}`); // the model is told so
      return found;
    },
  });
  const convert = callables.register({
    name: "celsius_to_fahrenheit",
    docstring: "Converts a temperature",
    input: z.object({ celsius: z.number() }),
    output: z.number(),
    run: ({ celsius }) => (celsius * 9) / 5 + 32,
  });

  const thread = ChatThread.create({
    llmConfig: LLMConfig.create({ client, model, responseFormat: "auto_tools" }),
    tools: [currentWeather, convert],
    newMessage: "Is it warmer in Lisbon or in Oslo, and how warm is it there in Fahrenheit? Use the tools for all of it.",
  });
  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients, callables });
  const [outcome] = await orchestrator.runParallel([thread]);

  for (const message of thread.history) {
    if (message.role === "tool") print(`${message.toolName}(${JSON.stringify(message.toolCall)}) gave ${message.content}`);
  }
  print(answerOf(outcome));
}
