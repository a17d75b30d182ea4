import { createHash } from "node:crypto";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { Message } from "../contract/message.ts";
import { UnsendableRequestError } from "./unsendable-request-error.ts";

/** What both providers accept as a tool's name. */
const acceptable = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Gives tools names that every provider accepts, and finds their own again. A name that is accepted stays; another gets a name made of its
 * letters and a hash, the same in every request, so that what was called before is replayed under one name.
 */
export class ToolNames {
  readonly #own = new Map<string, string>();

  constructor(names: Iterable<string>) {
    for (const name of names) {
      const wireName = toWireName(name);
      const other = this.#own.get(wireName);
      if (other !== undefined && other !== name) {
        throw new UnsendableRequestError(
          `The tools ${JSON.stringify(other)} and ${JSON.stringify(name)} cannot be told apart: rename one.`,
        );
      }
      this.#own.set(wireName, name);
    }
  }

  /** The name a tool was given by the request; what the model made up stays. */
  ownName(wireName: string): string {
    return this.#own.get(wireName) ?? wireName;
  }
}

/** The name a tool has on the wire. */
export function toWireName(name: string): string {
  if (acceptable.test(name)) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 55)}_${hash}`;
}

/** Puts names the wire accepts in all places of a request; returns the request itself where they all are. */
export function withWireNames(request: ChatRequest): ChatRequest {
  const { tools, toolChoice } = request;
  if ([...namesOf(request)].every((name) => acceptable.test(name))) return request;
  return {
    ...request,
    messages: request.messages.map(withNamedCalls),
    tools: tools?.map(({ name, description, inputSchema, strict }) => ({ name: toWireName(name), description, inputSchema, strict })),
    toolChoice: typeof toolChoice === "object" ? { name: toWireName(toolChoice.name) } : toolChoice,
  };
}

function* namesOf({ tools, messages }: ChatRequest): Generator<string> {
  for (const { name } of tools ?? []) yield name;
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.parts) if (part.type === "tool_call") yield part.name;
  }
}

function withNamedCalls(message: Message): Message {
  if (message.role !== "assistant") return message;
  const parts = message.parts.map((part) => (part.type === "tool_call" ? Object.assign({}, part, { name: toWireName(part.name) }) : part));
  return { role: "assistant", parts };
}
