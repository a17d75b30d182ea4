import type { JsonObject } from "../contract/json.ts";
import type { ProviderName } from "../contract/provider-name.ts";

/** An answer that was kept, with the request it answers. Holds no key of the client it came through. */
export interface KeptAnswer {
  readonly provider: ProviderName;
  readonly model: string;
  readonly requestId: string | null;
  readonly request: JsonObject;
  /** The provider's answer as received. */
  readonly raw: JsonObject;
}

/** Keeps answers by what was asked. */
export interface AnswerStore {
  /** Resolves with null where there is no answer, or none that can be read. */
  read(key: string): Promise<KeptAnswer | null>;
  /** Keeps an answer whole or not at all; one that is there is replaced. */
  write(key: string, answer: KeptAnswer): Promise<void>;
}

/**
 * What kept answers are used for: `cache` asks only what was not answered completely before, and once what is asked at the same time, and gives an answer also where it could not be kept; `record` asks always and keeps every answer,
 * `replay` never asks.
 */
export type KeptAnswerMode = "cache" | "record" | "replay";

/** Which answers a client keeps and where. */
export interface KeptAnswers {
  readonly store: AnswerStore;
  readonly mode: KeptAnswerMode;
}
