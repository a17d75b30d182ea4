import { Entity } from "@minference/ecs";
import * as z from "zod";

/** What somebody decided about a tool call that needs approval. */
export class ToolDecision extends Entity.define("ToolDecision", {
  toolCallId: z.string(),
  /** The `lineageId` of the answer that made the call: some providers use the ids of calls again. */
  answerId: z.string(),
  approved: z.boolean(),
  /** What the model is told about a denial. */
  reason: z.string().nullable().default(null),
  decidedBy: z.string().nullable().default(null),
  decidedAt: z.date(),
}) {}
