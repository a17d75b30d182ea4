import { join } from "node:path";
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { tool as defineTool } from "@langchain/core/tools";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";
import OpenAI from "openai";
import PQueue from "p-queue";
import * as z from "zod";
import { type Conversation, instructions, maxTokens, model, questionOf, type Said, type Subject, tool, turns } from "../work.ts";

const multiply = defineTool(({ a, b }) => String(a * b), { ...tool, schema: z.object({ a: z.number(), b: z.number() }) });

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      ...tool,
      parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
    },
  },
];

/**
 * LangGraph.js as its documentation builds an agent: a model node, a tool node, a condition, its SQLite saver. The node calls the official
 * SDK itself, which costs less than LangChain's model classes do.
 */
export const subject: Subject = async ({ baseUrl, threads, concurrency, directory }) => {
  const sdk = new OpenAI({ apiKey: "benchmark", baseURL: baseUrl, logLevel: "off" });
  const saver = SqliteSaver.fromConnString(join(directory, "langgraph.db"));
  const callModel = async ({ messages }: typeof MessagesAnnotation.State): Promise<{ messages: BaseMessage[] }> => {
    const { choices, id } = await sdk.chat.completions.create({
      model,
      messages: [{ role: "system", content: instructions }, ...messages.map(toSdk)],
      tools,
      max_completion_tokens: maxTokens,
    });
    const message = choices[0]?.message;
    if (message === undefined) throw new Error("no answer");
    return { messages: [fromSdk(message, id)] };
  };
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("agent", callModel)
    .addNode("tools", new ToolNode([multiply]))
    .addEdge(START, "agent")
    .addConditionalEdges("agent", toolsCondition)
    .addEdge("tools", "agent")
    .compile({ checkpointer: saver });
  const queue = new PQueue({ concurrency });
  const configs = Array.from({ length: threads }, (_, thread) => ({ configurable: { thread_id: String(thread) } }));
  const converse = async (config: RunnableConfig, thread: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) await graph.invoke({ messages: [new HumanMessage(questionOf(thread, turn))] }, config);
  };
  await Promise.all(configs.map((config, thread) => queue.add(() => converse(config, thread))));
  return async () => {
    const conversations: Conversation[] = [];
    for (const config of configs) {
      const messages: readonly BaseMessage[] = (await graph.getState(config)).values["messages"];
      conversations.push(messages.map(saidOf));
    }
    saver.db.close();
    return conversations;
  };
};

function toSdk(message: BaseMessage): OpenAI.ChatCompletionMessageParam {
  if (ToolMessage.isInstance(message)) return { role: "tool", tool_call_id: message.tool_call_id, content: message.text };
  if (!AIMessage.isInstance(message)) return { role: "user", content: message.text };
  const calls = message.tool_calls ?? [];
  if (calls.length === 0) return { role: "assistant", content: message.text };
  return {
    role: "assistant",
    content: message.text === "" ? null : message.text,
    tool_calls: calls.map(({ id = "", name, args }) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } })),
  };
}

function fromSdk({ content, tool_calls: calls = [] }: OpenAI.ChatCompletionMessage, id: string): AIMessage {
  return new AIMessage({
    id,
    content: content ?? "",
    tool_calls: calls.flatMap((call) =>
      call.type === "function"
        ? [{ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments), type: "tool_call" as const }]
        : [],
    ),
  });
}

function saidOf(message: BaseMessage): Said {
  if (ToolMessage.isInstance(message)) return { role: "tool", content: message.text, calls: [] };
  if (!AIMessage.isInstance(message)) return { role: "user", content: message.text, calls: [] };
  const calls = (message.tool_calls ?? []).map(({ name, args }) => ({ name, arguments: args }));
  return { role: "assistant", content: message.text, calls };
}
