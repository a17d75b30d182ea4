import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount, type ModelMessage, tool as defineTool } from "ai";
import PQueue from "p-queue";
import * as z from "zod";
import { type Conversation, instructions, maxTokens, model, questionOf, type Said, type Subject, tool, turns } from "../work.ts";

const tools = {
  [tool.name]: defineTool({
    description: tool.description,
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: ({ a, b }) => a * b,
  }),
};

/** The `ai` package with its tool loop, and p-queue for how many at once: conversations live in memory alone. */
export const subject: Subject = async ({ baseUrl, threads, concurrency }) => {
  const provider = createOpenAICompatible({ name: "instant", apiKey: "benchmark", baseURL: baseUrl });
  const queue = new PQueue({ concurrency });
  const converse = async (thread: number): Promise<Conversation> => {
    const messages: ModelMessage[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      messages.push({ role: "user", content: questionOf(thread, turn) });
      const { responseMessages } = await generateText({
        model: provider(model),
        instructions,
        messages,
        tools,
        stopWhen: isStepCount(10),
        maxOutputTokens: maxTokens,
      });
      messages.push(...responseMessages);
    }
    return messages.flatMap(saidOf);
  };
  const conversations = await Promise.all(Array.from({ length: threads }, (_, thread) => queue.add(() => converse(thread))));
  return async () => conversations;
};

function saidOf({ role, content }: ModelMessage): Said[] {
  if (role === "system") throw new Error("instructions in a conversation");
  if (typeof content === "string") return [{ role, content, calls: [] }];
  if (role === "tool") {
    return content.flatMap((part): Said[] =>
      part.type === "tool-result" && part.output.type === "json" ? [{ role, content: JSON.stringify(part.output.value), calls: [] }] : [],
    );
  }
  const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
  const calls = content.flatMap((part) => (part.type === "tool-call" ? [{ name: part.toolName, arguments: part.input }] : []));
  return [{ role, content: text, calls }];
}
