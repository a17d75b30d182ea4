import type { ToolDefinition } from "@minference/clients";
import { Entity } from "@minference/ecs";
import * as z from "zod";

/** Something a model can call. Pure data: what runs is found by name when it runs. */
export abstract class Tool extends Entity.define("Tool", {
  /** What providers accept as a name. */
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'a tool name has 1 to 64 letters, digits, "_" and "-"'),
  /** Whether the provider is to hold the model to the schema; kept to where the schema allows that. */
  strictSchema: z.boolean().default(true),
}) {
  /** Describes the tool to a model. */
  abstract definition(): ToolDefinition;
}
