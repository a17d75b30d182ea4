import { Entity } from "@minference/ecs";
import * as z from "zod";

/** An object a model produced and a schema accepted. */
export class GeneratedJsonObject extends Entity.define("GeneratedJsonObject", {
  /** The name of the tool whose schema it fits. */
  name: z.string(),
  object: z.json(),
  toolCallId: z.string().nullable().default(null),
}) {}
