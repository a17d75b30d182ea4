import { ref } from "@minference/ecs";
import * as z from "zod";
import { CallableTool } from "./callable-tool.ts";
import { StructuredTool } from "./structured-tool.ts";
import { Tool } from "./tool.ts";

/** The field of an entity that holds any tool. Naming this package's own tools lets every registry load them. */
export const anyTool = z.union([ref(() => Tool), ref(() => CallableTool), ref(() => StructuredTool)]);
