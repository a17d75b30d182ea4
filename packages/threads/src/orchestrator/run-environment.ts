import type { ChatClient, Clock } from "@minference/clients";
import type { EntityRegistry } from "@minference/ecs";

import type { Budget } from "../budget/budget.ts";
import type { PriceTable } from "../budget/price-table.ts";
import type { OnDoubt } from "../ledger/doubt.ts";
import type { RunTelemetry } from "../telemetry/run-telemetry.ts";
import type { CallableRegistry } from "../tools/callable-registry.ts";
import type { JsonSchemaValidator } from "../tools/json-schema-validator.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { AskApproval } from "./decide-tool-call.ts";
import type { RunEvent } from "./run-event.ts";
import type { StopCondition } from "./stop-condition.ts";

/** How far threads are taken. */
export interface Goal {
  readonly stop: StopCondition;
  /** What is said to a model that ended its turn too early; null for nothing. */
  readonly nudge: (thread: ChatThread) => string | null;
}

/** What all threads of a run share. */
export interface RunEnvironment {
  readonly registry: EntityRegistry;
  readonly clients: ReadonlyMap<string, ChatClient>;
  readonly defaultModels: ReadonlyMap<string, string>;
  readonly callables: CallableRegistry;
  readonly validator: JsonSchemaValidator;
  readonly clock: Clock;
  readonly maxSteps: number;
  readonly maxRepairs: number;
  /** Null for one turn. */
  readonly until: Goal | null;
  readonly toolTimeoutMs: number;
  /** Undefined where nobody can be asked. */
  readonly askApproval: AskApproval | undefined;
  readonly signal: AbortSignal | undefined;
  readonly run: string | undefined;
  /** Stands with what the run pays for: its id, or its name where no ledger is kept; null where it has neither. */
  readonly runId: string | null;
  readonly prices: PriceTable;
  /** One without limits where none was given, so that the ledger can say what a request can take. */
  readonly budget: Budget;
  readonly telemetry: RunTelemetry;
  /** For steps that nothing was paid for yet. */
  readonly onConflict: "reject" | "branch";
  readonly onDoubt: OnDoubt;
  /** Whether a thread is told of its answers piece by piece. */
  readonly streams: (thread: ChatThread) => boolean;
  readonly onEvent: ((event: RunEvent) => void) | undefined;
}
