import { Entity, ref } from "@minference/ecs";
import * as z from "zod";
import { Run } from "./run.ts";

/**
 * Who works on a run. Each version is a claim, and only one can follow another: of two processes that claim a run at once the store
 * refuses one.
 */
export class RunClaim extends Entity.define("RunClaim", {
  run: ref(() => Run),
  /** Counts from 1, the process that started the run. */
  number: z.int().min(1),
  claimedAt: z.date(),
}) {}
