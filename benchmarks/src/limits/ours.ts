import { createChatClient, systemMessage, userMessage } from "@minference/clients";
import { instructions, maxTokens } from "./load.ts";
import { countKept, type Subject, type Task } from "./subject.ts";

/** How ours is set up. */
export interface OurSetup {
  /** Whether it is told the limits; else it has to learn them from headers. Default true. */
  readonly told?: boolean;
  readonly wire?: "openai" | "anthropic";
  /** How many named runs share the key. Default 1. */
  readonly runs?: number;
}

/** Makes ours a subject. `onDone` is told the run of each answered question. */
export function ours({ told = true, wire = "openai", runs = 1 }: OurSetup = {}, onDone: (run: number) => void = () => {}): Subject {
  return {
    name: told ? "ours" : "ours, limits from headers",
    run: async ({ server, questions, limits, signal }: Task) => {
      const baseUrl = wire === "openai" ? server.openaiBaseUrl : server.anthropicBaseUrl;
      const client = createChatClient({ provider: wire, apiKey: "benchmark", baseUrl, ...(told ? { limits } : {}) });
      const answers = questions.map(async ({ text }, index) => {
        const run = index % runs;
        await client.chat(
          { model: "simulated", messages: [systemMessage(instructions), userMessage(text)], maxTokens },
          { signal, run: String(run) },
        );
        onDone(run);
      });
      return await countKept(answers);
    },
  };
}
