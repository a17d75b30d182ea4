import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import type { ProviderName } from "@minference/clients";
import { ScriptedChatClient, type SimulatedScript } from "@minference/clients/testing";
import * as z from "zod";
import {
  CallableRegistry,
  type CallableTool,
  ChatThread,
  InferenceOrchestrator,
  LLMConfig,
  type OrchestratorOptions,
  type ResponseFormatName,
  SystemPrompt,
} from "../../src/index.ts";

/** Everything a run needs, around one scripted client. */
export interface Bench {
  readonly storage: EntityStorage;
  readonly registry: EntityRegistry;
  readonly client: ScriptedChatClient;
  readonly callables: CallableRegistry;
  readonly orchestrator: InferenceOrchestrator;
  readonly add: CallableTool;
  thread(format: ResponseFormatName, overrides?: Partial<ConstructorParameters<typeof ChatThread>[0]>): ChatThread;
}

export function makeBench(
  script: SimulatedScript,
  options: Partial<OrchestratorOptions> & { storage?: EntityStorage; provider?: ProviderName } = {},
): Bench {
  const { provider = "openai", storage = new MemoryStorage(), ...rest } = options;
  const registry = rest.registry ?? new EntityRegistry(storage);
  const client = new ScriptedChatClient({ script, provider });
  const callables = rest.callables ?? new CallableRegistry();
  const add = callables.register({
    name: "add",
    docstring: "Adds two numbers",
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.number(),
    run: ({ a, b }) => a + b,
  });
  const orchestrator = new InferenceOrchestrator({ registry, clients: { [provider]: client }, callables, ...rest });
  const systemPrompt = new SystemPrompt({ name: "clerk", content: "You are exact." });
  const configs = new Map<ResponseFormatName, LLMConfig>();
  return {
    storage,
    registry,
    client,
    callables,
    orchestrator,
    add,
    thread(format, overrides = {}) {
      const llmConfig = configs.get(format) ?? LLMConfig.create({ client: provider, model: "m-1", responseFormat: format });
      configs.set(format, llmConfig);
      const tools = format === "auto_tools" || format === "workflow" ? [add] : [];
      const forcedOutput = format === "tool" ? add : null;
      return new ChatThread({ systemPrompt, llmConfig, tools, forcedOutput, newMessage: "What is 1 + 2?", ...overrides });
    },
  };
}
