import type { ToolCallPart } from "@minference/clients";
import type { ThreadErrorCode } from "../errors/thread-error.ts";
import type { Tool } from "./tool.ts";

/** What became of one tool call. */
export interface ToolCallOutcome {
  readonly call: ToolCallPart;
  /** Null where the model called a tool it was not offered. */
  readonly tool: Tool | null;
  /** What the model is told. */
  readonly content: string;
  /** Null when all went well. */
  readonly errorCode: ThreadErrorCode | null;
}
