import OpenAI from "openai";
import PQueue from "p-queue";
import { type Conversation, instructions, maxTokens, model, questionOf, type Said, type Subject, tool, turns } from "../work.ts";

type Message = OpenAI.ChatCompletionMessageParam;

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      ...tool,
      parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
    },
  },
];

/** The official SDK in a loop written by hand, and p-queue for how many at once: nothing is checked, nothing kept. */
export const subject: Subject = async ({ baseUrl, threads, concurrency }) => {
  const sdk = new OpenAI({ apiKey: "benchmark", baseURL: baseUrl, logLevel: "off" });
  const queue = new PQueue({ concurrency });
  const converse = async (thread: number): Promise<Conversation> => {
    const messages: Message[] = [{ role: "system", content: instructions }];
    for (let turn = 0; turn < turns; turn += 1) {
      messages.push({ role: "user", content: questionOf(thread, turn) });
      for (;;) {
        const { choices } = await sdk.chat.completions.create({ model, messages, tools, max_completion_tokens: maxTokens });
        const message = choices[0]?.message;
        if (message === undefined) throw new Error("no answer");
        messages.push(message);
        if (message.tool_calls === undefined) break;
        for (const call of message.tool_calls) {
          if (call.type !== "function") continue;
          const { a, b }: { a: number; b: number } = JSON.parse(call.function.arguments);
          messages.push({ role: "tool", tool_call_id: call.id, content: String(a * b) });
        }
      }
    }
    return messages.slice(1).map(saidOf);
  };
  const conversations = await Promise.all(Array.from({ length: threads }, (_, thread) => queue.add(() => converse(thread))));
  return async () => conversations;
};

function saidOf(message: Message): Said {
  const { role, content } = message;
  if (role !== "user" && role !== "assistant" && role !== "tool") throw new Error(`a message of ${role}`);
  const calls = role === "assistant" ? (message.tool_calls ?? []) : [];
  return {
    role,
    content: typeof content === "string" ? content : "",
    calls: calls.flatMap((call) =>
      call.type === "function" ? [{ name: call.function.name, arguments: JSON.parse(call.function.arguments) }] : [],
    ),
  };
}
