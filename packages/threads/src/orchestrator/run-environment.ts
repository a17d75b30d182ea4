import type { ChatClient, Clock } from "@minference/clients";
import type { EntityRegistry } from "@minference/ecs";

import type { CallableRegistry } from "../tools/callable-registry.ts";
import type { JsonSchemaValidator } from "../tools/json-schema-validator.ts";
import type { RunEvent } from "./run-event.ts";

/** What all threads of a run share. */
export interface RunEnvironment {
  readonly registry: EntityRegistry;
  readonly clients: ReadonlyMap<string, ChatClient>;
  readonly defaultModels: ReadonlyMap<string, string>;
  readonly callables: CallableRegistry;
  readonly validator: JsonSchemaValidator;
  readonly clock: Clock;
  readonly maxSteps: number;
  readonly toolTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly run: string | undefined;
  /** For steps that nothing was paid for yet. */
  readonly onConflict: "reject" | "branch";
  readonly onEvent: ((event: RunEvent) => void) | undefined;
}
