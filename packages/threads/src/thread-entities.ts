import type { AnyEntityClass } from "@minference/ecs";
import { BranchSelection } from "./branching/branch-selection.ts";
import { LLMConfig } from "./config/llm-config.ts";
import { RequestLimits } from "./config/request-limits.ts";
import { LedgerEntry } from "./ledger/ledger-entry.ts";
import { RunClaim } from "./ledger/run-claim.ts";
import { Run } from "./ledger/run.ts";
import { ChatMessage } from "./message/chat-message.ts";
import { GeneratedJsonObject } from "./output/generated-json-object.ts";
import { ProcessedOutput } from "./output/processed-output.ts";
import { RawOutput } from "./output/raw-output.ts";
import { SystemPrompt } from "./prompt/system-prompt.ts";
import { ChatThread } from "./thread/chat-thread.ts";
import { CallableTool } from "./tools/callable-tool.ts";
import { StructuredTool } from "./tools/structured-tool.ts";
import { ToolDecision } from "./tools/tool-decision.ts";
import { Tool } from "./tools/tool.ts";
import { Usage } from "./usage/usage.ts";

/** Every class that threads and runs store, for a store that keeps typed tables of them or a registry that loads any of them. */
export const threadEntities: readonly AnyEntityClass[] = [
  BranchSelection,
  CallableTool,
  ChatMessage,
  ChatThread,
  GeneratedJsonObject,
  LedgerEntry,
  LLMConfig,
  ProcessedOutput,
  RawOutput,
  RequestLimits,
  Run,
  RunClaim,
  StructuredTool,
  SystemPrompt,
  Tool,
  ToolDecision,
  Usage,
];
