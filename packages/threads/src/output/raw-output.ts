import { type ChatRequest, type ChatResponse, providerNames } from "@minference/clients";
import { Entity } from "@minference/ecs";
import * as z from "zod";
import { jsonObjectField } from "../json/json-field.ts";
import { type RawAnswer, readRawAnswer } from "./raw-answer.ts";

/** Which thread an output belongs to. */
export interface OutputOrigin {
  /** The name of the client in the orchestrator. */
  readonly client: string;
  /** The thread's `lineageId`. */
  readonly chatThreadId: string;
  readonly chatThreadLiveId: string;
  /** The `ecsId` of the thread's version that the request was built from. */
  readonly chatThreadVersionId: string;
}

/**
 * A provider's answer as it was received, also one that was cut off or refused. The whole request is that of the thread's
 * version: `(await registry.get(ChatThread, output.chatThreadVersionId)).toRequest()`; only its settings stand here, so
 * that an answer late in a conversation costs what an early one costs.
 */
export class RawOutput extends Entity.define("RawOutput", {
  rawResult: jsonObjectField,
  /** The request without messages, tools and key. */
  completionKwargs: jsonObjectField,
  /** When the attempt that was answered left: waiting for limits is not counted. */
  startTime: z.date(),
  endTime: z.date(),
  chatThreadId: z.string().nullable().default(null),
  chatThreadLiveId: z.string().nullable().default(null),
  chatThreadVersionId: z.string().nullable().default(null),
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
  get content(): RawAnswer["content"] {
    return readRawAnswer(this.rawResult).content;
  }

  /** The arguments of the first tool call, checked by no schema; null where there is none. */
  get jsonObject(): RawAnswer["jsonObject"] {
    return readRawAnswer(this.rawResult).jsonObject;
  }

  /** Whether the model called a tool with arguments that are JSON. */
  get containsObject(): boolean {
    return this.jsonObject !== null;
  }

  get usage(): RawAnswer["usage"] {
    return readRawAnswer(this.rawResult).usage;
  }

  /** Why it is no complete answer; null where it is one. */
  get error(): RawAnswer["error"] {
    return readRawAnswer(this.rawResult).error;
  }
}
