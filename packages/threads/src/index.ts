export { bestOf, type BestOfOptions, type BranchRunner } from "./branching/best-of.ts";
export { BranchSelection } from "./branching/branch-selection.ts";
export { branchThread } from "./branching/branch-thread.ts";
export { type BranchComparison, type BranchDifference, compareBranches } from "./branching/compare-branches.ts";
export { type BestBranch, type BranchScore, keepBest, type ScoredBranch } from "./branching/keep-best.ts";
export type { ThreadEdit } from "./branching/thread-edit.ts";
export { type SearchEnd, type SearchNode, treeSearch, type TreeSearchOptions, type TreeSearchResult } from "./branching/tree-search.ts";
export { updateThreads } from "./branching/update-threads.ts";
export type { Spending, SpendingLimit } from "./budget/account.ts";
export { Budget, type BudgetOptions } from "./budget/budget.ts";
export { budget } from "./budget/budget-condition.ts";
export { listPrices } from "./budget/list-prices.ts";
export type { ModelPrice, TokenRates } from "./budget/model-price.ts";
export { type OwnPrice, PriceTable } from "./budget/price-table.ts";
export { LLMConfig } from "./config/llm-config.ts";
export { RequestLimits } from "./config/request-limits.ts";
export { type FormatSupport, formatSupport } from "./config/format-support.ts";
export { type ResponseFormatName, responseFormats } from "./config/response-format.ts";
export { ThreadError, type ThreadErrorCode, threadErrorCodes } from "./errors/thread-error.ts";
export { historyFromDicts, historyToDicts } from "./message/history-dicts.ts";
export { ChatMessage, type MessagePlace, type ToolResultSource } from "./message/chat-message.ts";
export type { MessagePart } from "./message/message-parts.ts";
export type { Doubt, DoubtPolicy, OnDoubt } from "./ledger/doubt.ts";
export { LedgerEntry, type SentRequest } from "./ledger/ledger-entry.ts";
export { type LedgerStatus, ledgerStatuses } from "./ledger/ledger-status.ts";
export { listRuns, type RunSummary } from "./ledger/list-runs.ts";
export { Run } from "./ledger/run.ts";
export type { ApprovalAnswer, ApprovalRequest, AskApproval } from "./orchestrator/decide-tool-call.ts";
export { InferenceOrchestrator } from "./orchestrator/inference-orchestrator.ts";
export type {
  AwaitingApprovalOutcome,
  CancelledOutcome,
  CompletedOutcome,
  FailedOutcome,
  InDoubtOutcome,
  Outcome,
} from "./orchestrator/outcome.ts";
export type { OrchestratorOptions, ResumeOptions, RunOptions, RunUntilOptions } from "./orchestrator/run-options.ts";
export type { RunEvent, StepName } from "./orchestrator/run-event.ts";
export { anyOf, type StopCondition, stepsTaken, type ThreadProgress, toolRan } from "./orchestrator/stop-condition.ts";
export { GeneratedJsonObject } from "./output/generated-json-object.ts";
export { ProcessedOutput } from "./output/processed-output.ts";
export { type OutputOrigin, RawOutput } from "./output/raw-output.ts";
export { SystemPrompt } from "./prompt/system-prompt.ts";
export type { TelemetryOptions } from "./telemetry/run-telemetry.ts";
export { ChatThread, type DecisionOptions } from "./thread/chat-thread.ts";
export { threadEntities } from "./thread-entities.ts";
export type { Callable, CallableDefinition, JsonSchemaCallableDefinition, NeedsApproval, ToolContext } from "./tools/callable.ts";
export { type CallableInfo, CallableRegistry, type ExecuteOptions } from "./tools/callable-registry.ts";
export { CallableTool } from "./tools/callable-tool.ts";
export type { JsonSchema } from "./tools/json-schema.ts";
export { StructuredTool, type StructuredToolOptions } from "./tools/structured-tool.ts";
export { Tool } from "./tools/tool.ts";
export { ToolDecision } from "./tools/tool-decision.ts";
export { sumUsages, type TokenTotals } from "./usage/token-totals.ts";
export { type UsageFilter, usageOf, type UsageReport, usagesOf } from "./usage/usage-of.ts";
export { Usage } from "./usage/usage.ts";
