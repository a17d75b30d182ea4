import { Entity } from "@minference/ecs";
import * as z from "zod";

const candidate = z.object({
  /** The `ecsId` of the thread's version that the branch came to. */
  versionId: z.string(),
  status: z.string(),
  /** Null for a branch that has no score: it did not complete, or could not be scored. */
  score: z.number().nullable(),
});

/** Which of several branches of a thread was kept, and against which others. What was not kept stays in the history, to be found by these ids. */
export class BranchSelection extends Entity.define("BranchSelection", {
  /** The version that the branches came from; null where they have none in common that is known. */
  baseId: z.string().nullable().default(null),
  /** The version that was kept. */
  keptId: z.string(),
  score: z.number(),
  candidates: z.array(candidate).readonly(),
}) {}
