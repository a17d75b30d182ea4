import { Entity } from "@minference/ecs";
import * as z from "zod";

/** What threads were handed in together, and how they were to be run. Its `lineageId` names the run; it has one version, for good. */
export class Run extends Entity.define("Run", {
  name: z.string().nullable().default(null),
  startedAt: z.date(),
  /** How many threads were handed in. */
  threads: z.int().nonnegative(),
  /** Whether each thread is taken through one turn, or until a condition holds that the caller gives again to resume. */
  until: z.enum(["turn", "goal"]),
  maxSteps: z.int().min(1),
  onConflict: z.enum(["reject", "branch"]),
  /** What the application wants to find beside the run. */
  metadata: z.json().default(null),
}) {}
