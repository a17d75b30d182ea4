import type { ToolCallPart } from "@minference/clients";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import type { EntityRegistry } from "@minference/ecs";
import {
  anyOf,
  CallableRegistry,
  type CallableTool,
  ChatThread,
  type Doubt,
  type InferenceOrchestrator,
  LLMConfig,
  type Outcome,
  type ProcessedOutput,
  type ResponseFormatName,
  type StructuredTool,
  type ThreadError,
  type Tool,
  toolRan,
} from "../src/index.ts";

declare const thread: ChatThread;
declare const outcome: Outcome;
declare const registry: EntityRegistry;

export function threads(): void {
  expectTypeOf(thread.newMessage).toEqualTypeOf<string | null>();
  expectTypeOf<(typeof thread.llmConfig)["responseFormat"]>().toEqualTypeOf<ResponseFormatName>();
  expectTypeOf<(typeof thread.history)[number]["role"]>().toEqualTypeOf<"user" | "assistant" | "tool" | "system">();
  expectTypeOf<(typeof thread.tools)[number]["name"]>().toEqualTypeOf<string>();
  expectTypeOf<CallableTool | StructuredTool>().toExtend<Tool>();
  thread.newMessage = "hello";
  // @ts-expect-error -- the prompt is an entity
  thread.systemPrompt = "hello";
  // @ts-expect-error -- llmConfig has no default
  ChatThread.create({ newMessage: "x" });
  // @ts-expect-error -- only formats that exist
  LLMConfig.create({ client: "openai", responseFormat: "yaml" });
  // @ts-expect-error -- parts are kept as they came
  thread.history[0]?.parts?.push({ type: "text", text: "x" });
}

export async function goals(orchestrator: InferenceOrchestrator): Promise<void> {
  for await (const each of orchestrator.run([thread])) expectTypeOf(each).toEqualTypeOf<Outcome>();
  const stopped = await orchestrator.runUntil(
    [thread],
    anyOf(toolRan("submit"), ({ step }) => step > 3),
    { nudge: () => null },
  );
  expectTypeOf(stopped).toEqualTypeOf<Outcome[]>();
  // @ts-expect-error -- a condition is a function
  await orchestrator.runUntil([thread], "submit");
}

export async function outcomes(): Promise<string> {
  expectTypeOf<Awaited<ReturnType<InferenceOrchestrator["runParallel"]>>>().toEqualTypeOf<Outcome[]>();
  const loaded = await registry.get(ChatThread, "id");
  expectTypeOf(loaded).toEqualTypeOf<ChatThread>();
  switch (outcome.status) {
    case "completed":
      return outcome.answer.content;
    case "failed":
      expectTypeOf(outcome.error).toEqualTypeOf<ThreadError>();
      return outcome.error.code;
    case "cancelled": {
      expectTypeOf<(typeof outcome.outputs)[number]>().toEqualTypeOf<ProcessedOutput>();
      // @ts-expect-error -- there is none
      return outcome.error;
    }
    case "awaiting_approval":
      expectTypeOf(outcome.calls).toEqualTypeOf<readonly ToolCallPart[]>();
      return "approve or deny";
    case "in_doubt":
      expectTypeOf(outcome.doubt).toEqualTypeOf<Doubt>();
      return "resume with a policy";
  }
}

export function callables(): void {
  const input = z.object({ a: z.number(), b: z.string().default("x") });
  new CallableRegistry().register({
    name: "f",
    docstring: "",
    input,
    output: z.number(),
    run(args, { signal, toolCallId }) {
      expectTypeOf(args).toEqualTypeOf<{ a: number; b: string }>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(toolCallId).toEqualTypeOf<string | null>();
      return args.a;
    },
  });
  // @ts-expect-error -- the result is a number
  new CallableRegistry().register({ name: "f", docstring: "", input, output: z.number(), run: () => "x" });
  // @ts-expect-error -- a tool takes an object
  new CallableRegistry().register({ name: "f", docstring: "", input: z.string(), run: () => 1 });
  new CallableRegistry().register({
    name: "f",
    docstring: "",
    inputSchema: { type: "object" },
    run: (args) => expectTypeOf(args).toEqualTypeOf<unknown>(),
  });
}
