import { Entity, ref } from "@minference/ecs";
import * as z from "zod";
import { Usage } from "../usage/usage.ts";
import { GeneratedJsonObject } from "./generated-json-object.ts";
import { RawOutput } from "./raw-output.ts";

/** What an answer came to. Stored in the same commit as the message it became; found by the thread's `lineageId`. */
export class ProcessedOutput extends Entity.define("ProcessedOutput", {
  /** The text of the answer, null where there is none. */
  content: z.string().nullable().default(null),
  /** The object the answer is, or that of its first structured tool call that fits its schema. */
  jsonObject: ref(() => GeneratedJsonObject)
    .nullable()
    .default(null),
  usage: ref(() => Usage)
    .nullable()
    .default(null),
  /** Why the answer is none: cut off, refused, empty, not the object it was to be. Null for one that is. */
  error: z.string().nullable().default(null),
  /** Milliseconds from sending to the answer. */
  timeTaken: z.number().nonnegative(),
  llmClient: z.string(),
  rawOutput: ref(() => RawOutput),
  /** The thread's `lineageId`. */
  chatThreadId: z.string().nullable().default(null),
  chatThreadLiveId: z.string().nullable().default(null),
  runId: z.string().nullable().default(null),
  /** The `ecsId` of the message the answer became, null when it became none. */
  chatMessageId: z.string().nullable().default(null),
}) {}
