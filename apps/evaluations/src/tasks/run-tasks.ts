import { isDeepStrictEqual } from "node:util";
import type { ChatClient, JsonObject, WireName } from "@minference/clients";
import type { EntityRegistry } from "@minference/ecs";
import { CallableRegistry, type CallableTool, ChatThread, InferenceOrchestrator, LLMConfig, SystemPrompt } from "@minference/threads";
import * as z from "zod";
import { type ExpectedCall, type Task, taskInstructions, type TaskTool, toolResult } from "./task.ts";

/** Where a task is carried out. */
export interface TaskPlace {
  /** Names the file that the tasks are of. */
  readonly suite: string;
  readonly wire: WireName;
  readonly client: ChatClient;
  readonly registry: EntityRegistry;
}

/** What came of a task. */
export interface TaskResult {
  readonly id: string;
  readonly wire: WireName;
  /** The calls that reached a tool. */
  readonly calls: number;
  readonly turns: number;
  /** Why it is not as it has to be; null when it is. */
  readonly wrong: string | null;
}

const jsonObject = z.record(z.string(), z.json());

/** The most requests of one turn. */
const maxSteps = 100;

/** Carries out tasks, all at once. */
export async function runTasks(tasks: readonly Task[], place: TaskPlace): Promise<readonly TaskResult[]> {
  return Promise.all(tasks.map((task) => runTask(task, place)));
}

async function runTask(task: Task, { client, registry, suite, wire }: TaskPlace): Promise<TaskResult> {
  const received: ExpectedCall[] = [];
  const callables = new CallableRegistry();
  const tools = task.tools.map((tool) => register(callables, tool, received));
  const orchestrator = new InferenceOrchestrator({ registry, clients: { [wire]: client }, callables, maxSteps });
  const thread = ChatThread.create({
    name: `${suite} ${task.id} ${wire}`,
    systemPrompt: new SystemPrompt({ name: task.id, content: taskInstructions(task.id) }),
    llmConfig: LLMConfig.create({
      client: wire,
      model: "simulated",
      maxTokens: 4096,
      responseFormat: tools.length === 0 ? "text" : "auto_tools",
    }),
    tools,
  });
  const wrong = await converse(task, thread, orchestrator, received);
  return { id: task.id, wire, calls: received.length, turns: task.turns.length, wrong };
}

/** Takes a task through its turns; resolves with what is wrong, or null. */
async function converse(
  { turns }: Task,
  thread: ChatThread,
  orchestrator: InferenceOrchestrator,
  received: readonly ExpectedCall[],
): Promise<string | null> {
  const expected: ExpectedCall[] = [];
  for (const [index, turn] of turns.entries()) {
    thread.newMessage = turn.said;
    expected.push(...turn.steps.flat());
    const [outcome] = await orchestrator.runParallel([thread]);
    if (outcome?.status !== "completed")
      return `turn ${index + 1} ${outcome?.status === "failed" ? outcome.error.message : outcome?.status}`;
    if (outcome.answer.content !== turn.answer) return `turn ${index + 1} has another answer`;
    if (!isDeepStrictEqual(received, expected)) return `turn ${index + 1}: other calls reached the tools than the right ones`;
  }
  return null;
}

function register(callables: CallableRegistry, { description, inputSchema, name }: TaskTool, received: ExpectedCall[]): CallableTool {
  return callables.register({
    name,
    docstring: description,
    inputSchema,
    run: (given) => {
      const call = { name, arguments: argumentsOf(given) };
      received.push(call);
      return toolResult(call);
    },
  });
}

function argumentsOf(given: unknown): JsonObject {
  return jsonObject.parse(given);
}
