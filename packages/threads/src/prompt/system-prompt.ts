import { Entity } from "@minference/ecs";
import * as z from "zod";

/** Instructions that hold for the whole of a thread; one may be shared by any number of threads. */
export class SystemPrompt extends Entity.define("SystemPrompt", {
  name: z.string(),
  content: z.string(),
}) {}
