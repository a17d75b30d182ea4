import type { ToolDefinition } from "@minference/clients";
import { Entity } from "@minference/ecs";
import * as z from "zod";

/** Something a model can call. Pure data: what runs is found by name when it runs. */
export abstract class Tool extends Entity.define("Tool", {
  /** Any name of one line; one that a provider would refuse, such as `math.sqrt`, goes there under another and comes back as it is. */
  name: z.string().regex(/^\P{Cc}{1,128}$/u, "a tool name has 1 to 128 characters on one line"),
  /** Whether the provider is to hold the model to the schema; kept to where the schema allows that. */
  strictSchema: z.boolean().default(true),
}) {
  /** Describes the tool to a model. */
  abstract definition(): ToolDefinition;
}
