import {
  answerFromRaw,
  type ChatRequest,
  type ChatResponse,
  ProviderError,
  providerNames,
  type RawAnswer,
  textOf,
  toolCallsOf,
} from "@minference/clients";
import { Entity, type JsonValue } from "@minference/ecs";
import * as z from "zod";
import type { TokenTotals } from "../usage/token-totals.ts";

/** Which thread an output belongs to. */
export interface OutputOrigin {
  /** The name of the client in the orchestrator. */
  readonly client: string;
  /** The thread's `lineageId`. */
  readonly chatThreadId: string;
  readonly chatThreadLiveId: string;
  /** The `ecsId` of the thread's version that the request was built from. */
  readonly chatThreadVersionId: string;
  /** The run that asked for it: its id, or its name where no ledger is kept; null where it has neither. */
  readonly runId: string | null;
}

const jsonObject = z.record(z.string(), z.json());

const complete: ReadonlySet<RawAnswer["finishReason"]> = new Set(["stop", "tool_calls"]);

/**
 * A provider's answer as it was received, also one that was cut off or refused. The whole request is that of the thread's
 * version: `(await registry.get(ChatThread, output.chatThreadVersionId)).toRequest()`; only its settings stand here, so
 * that an answer late in a conversation costs what an early one costs.
 */
export class RawOutput extends Entity.define("RawOutput", {
  rawResult: jsonObject,
  /** The request without messages, tools and key. */
  completionKwargs: jsonObject,
  /** When the attempt that was answered left: waiting for limits is not counted. */
  startTime: z.date(),
  endTime: z.date(),
  chatThreadId: z.string().nullable().default(null),
  chatThreadLiveId: z.string().nullable().default(null),
  chatThreadVersionId: z.string().nullable().default(null),
  runId: z.string().nullable().default(null),
  client: z.string(),
  provider: z.enum(providerNames),
}) {
  /** Keeps an answer. */
  static fromResponse(request: ChatRequest, response: ChatResponse, origin: OutputOrigin): RawOutput {
    const { messages: _, tools: __, ...settings } = request;
    return new RawOutput({
      rawResult: response.raw,
      completionKwargs: JSON.parse(JSON.stringify(settings)),
      startTime: new Date(response.timings.sentAt),
      endTime: new Date(response.timings.doneAt),
      provider: response.provider,
      ...origin,
    });
  }

  /** Milliseconds from sending to the answer. */
  get timeTaken(): number {
    return this.endTime.getTime() - this.startTime.getTime();
  }

  /** The text as the provider sent it; null where there is none. */
  get content(): string | null {
    const answer = this.#answer();
    const text = ProviderError.is(answer) ? "" : textOf(answer.message);
    return text === "" ? null : text;
  }

  /** The arguments of the first tool call that are JSON, checked by no schema; null where there is none. */
  get jsonObject(): { readonly name: string; readonly object: JsonValue; readonly toolCallId: string } | null {
    const answer = this.#answer();
    if (ProviderError.is(answer)) return null;
    for (const { arguments: object, id, name } of toolCallsOf(answer.message)) {
      if (object !== undefined) return { name, object, toolCallId: id };
    }
    return null;
  }

  /** Whether the model called a tool with arguments that are JSON. */
  get containsObject(): boolean {
    return this.jsonObject !== null;
  }

  /** Null for what is no answer. */
  get usage(): Omit<TokenTotals, "costUsd"> | null {
    const answer = this.#answer();
    if (ProviderError.is(answer)) return null;
    const { inputTokens, outputTokens, totalTokens } = answer.usage;
    return { promptTokens: inputTokens, completionTokens: outputTokens, totalTokens };
  }

  /** Why it is no complete answer: how it ended, or what is wrong with it. Null where it is one. */
  get error(): string | null {
    const answer = this.#answer();
    if (ProviderError.is(answer)) return answer.message;
    return complete.has(answer.finishReason) ? null : answer.finishReason;
  }

  #answer(): RawAnswer | ProviderError {
    try {
      return answerFromRaw(this.provider, this.rawResult);
    } catch (error) {
      if (ProviderError.is(error)) return error;
      throw error;
    }
  }
}
