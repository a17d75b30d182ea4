import type { JsonObject } from "./json.ts";
import type { AssistantMessage } from "./message.ts";
import type { ProviderName } from "./provider-name.ts";
import type { Usage } from "./usage.ts";

/** Why an answer ended. Only `stop` and `tool_calls` are complete answers. */
export type FinishReason = "stop" | "length" | "tool_calls" | "refusal" | "content_filter";

/** When things happened. Instants are milliseconds since the epoch. */
export interface Timings {
  readonly submittedAt: number;
  /** When the attempt that was answered left. */
  readonly sentAt: number;
  /** When the first piece of a streamed answer arrived; null or absent where nobody listened. */
  readonly firstTokenAt?: number | null | undefined;
  readonly doneAt: number;
  /** Milliseconds from submission until that attempt left: queueing, refused attempts and pauses. */
  readonly queuedMs: number;
}

/** One answer of a model, the same for every provider. */
export interface ChatResponse {
  readonly provider: ProviderName;
  /** The model that answered, as the provider names it. */
  readonly model: string;
  /** The provider's id of the request, null where it gives none. */
  readonly requestId: string | null;
  readonly finishReason: FinishReason;
  readonly message: AssistantMessage;
  readonly usage: Usage;
  readonly timings: Timings;
  /** How many times the request was sent; 0 for an answer that was kept. */
  readonly attempts: number;
  /** The provider's answer as received, unknown fields included. */
  readonly raw: JsonObject;
}
