import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import * as z from "zod";
import { CallableRegistry, type CallableTool, ChatThread, InferenceOrchestrator, LedgerEntry, LLMConfig } from "../../src/index.ts";
import type { RecordingProvider } from "./recording-client.ts";

/** Calls a tool as often as the question says, then tells the count. */
export const countUp: SimulatedScript = ({ request }) => {
  const first = request.messages.find((message) => message.role === "user");
  const wanted = first?.parts[0]?.type === "text" ? Number(first.parts[0].text) : 0;
  const done = request.messages.filter((message) => message.role === "tool").length;
  return done === wanted ? { text: `counted ${done}` } : { toolCalls: [{ id: `c${done}`, name: "increment", arguments: { n: done } }] };
};

/** Everything that one process has of its own. */
export interface Process {
  readonly registry: EntityRegistry;
  readonly orchestrator: InferenceOrchestrator;
  readonly increment: CallableTool;
  /** A thread that {@link countUp} takes through so many calls. */
  thread(this: void, calls: number): ChatThread;
}

/** What may be different about a process. */
export interface ProcessOptions {
  /** Whether answers still come. */
  readonly alive?: { alive: boolean };
  readonly increment?: (n: number) => number | Promise<number>;
  readonly idempotent?: boolean;
}

/** Starts a process, as far as it matters here: nothing in it is shared with others but the store and the provider. */
export function startProcess(
  storage: EntityStorage,
  provider: RecordingProvider,
  { alive, idempotent, increment: run = (n) => n + 1 }: ProcessOptions = {},
): Process {
  const registry = new EntityRegistry(storage);
  const callables = new CallableRegistry();
  const increment = callables.register({
    name: "increment",
    docstring: "Adds 1",
    input: z.object({ n: z.number() }),
    output: z.number(),
    idempotent,
    run: ({ n }) => run(n),
  });
  const orchestrator = new InferenceOrchestrator({ registry, callables, clients: { openai: provider.client(alive) }, ledger: true });
  const llmConfig = LLMConfig.create({ client: "openai", model: "m-1", responseFormat: "auto_tools" });
  const thread = (calls: number): ChatThread => new ChatThread({ llmConfig, tools: [increment], newMessage: String(calls) });
  return { registry, orchestrator, increment, thread };
}

/** The entries of the only run in a store, in order, as another process reads them. */
export async function entriesOf(storage: EntityStorage): Promise<LedgerEntry[]> {
  const registry = new EntityRegistry(storage);
  const entries = await Array.fromAsync(registry.listByType(LedgerEntry));
  return entries.toSorted((a, b) => a.index - b.index);
}
