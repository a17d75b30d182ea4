export { optimumMs } from "./optimum.ts";
export type { ScriptedChatClientOptions } from "./scripted-chat-client.ts";
export { ScriptedChatClient } from "./scripted-chat-client.ts";
export { seededRandom } from "./seeded-random.ts";
export type {
  SimulatedAnswer,
  SimulatedConversation,
  SimulatedRefusal,
  SimulatedScript,
  SimulatedToolCall,
} from "./simulated-model.ts";
export { startSimulatedProvider } from "./simulated-provider.ts";
export type {
  SimulatedCounts,
  SimulatedFault,
  SimulatedFaultKind,
  SimulatedFaultPlan,
  SimulatedLatency,
  SimulatedLimits,
  SimulatedProvider,
  SimulatedProviderOptions,
  SimulatedRecord,
  StreamFaultKind,
} from "./simulated-provider-options.ts";
