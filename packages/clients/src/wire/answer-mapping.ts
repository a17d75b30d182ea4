import type { ChatRequest } from "../contract/chat-request.ts";
import type { AssistantMessage } from "../contract/message.ts";
import type { AssistantPart } from "../contract/message-part.ts";
import type { StreamPiece } from "../contract/stream-event.ts";
import type { JsonSchema } from "../contract/tool-definition.ts";
import { withoutAddedNulls } from "./added-nulls.ts";
import { ToolNames } from "./tool-names.ts";

/** Takes back in an answer what was changed in its request for the wire's sake: the names of tools, and nulls for what may be left out. */
export class AnswerMapping {
  readonly #names: ToolNames;
  readonly #schemas = new Map<string, JsonSchema>();

  /** `nulls` tells whether the wire has nulls for what may be left out of a strict tool's arguments. */
  constructor({ tools = [] }: ChatRequest, nulls: boolean) {
    this.#names = new ToolNames(tools.map((tool) => tool.name));
    if (nulls) for (const { name, strict, inputSchema } of tools) if (strict === true) this.#schemas.set(name, inputSchema);
  }

  /** The message with the request's own names and arguments. */
  ofMessage(message: AssistantMessage): AssistantMessage {
    return message.parts.some((part) => part.type === "tool_call")
      ? { role: "assistant", parts: message.parts.map((part) => this.#ofPart(part)) }
      : message;
  }

  /** The piece with the request's own names; its arguments stay as the model writes them. */
  ofPiece(piece: StreamPiece): StreamPiece {
    return piece.type === "tool_call" ? { ...piece, name: this.#names.ownName(piece.name) } : piece;
  }

  #ofPart(part: AssistantPart): AssistantPart {
    if (part.type !== "tool_call") return part;
    const name = this.#names.ownName(part.name);
    const schema = this.#schemas.get(name);
    if (part.error !== undefined) return { ...part, name };
    return { ...part, name, arguments: schema === undefined ? part.arguments : withoutAddedNulls(part.arguments, schema) };
  }
}
