import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/sdk/types.js";
import { ThreadError } from "../errors/thread-error.ts";

/** Writes part of a result as text. What is no text is only described: a tool result that models are given is text. */
function textOf(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
    case "audio":
      return `[${block.type}: ${block.mimeType}, ${Math.floor((block.data.length * 3) / 4)} bytes]`;
    case "resource_link":
      return `[link to ${block.name}: ${block.uri}]`;
    case "resource": {
      const { resource } = block;
      return "text" in resource ? resource.text : `[resource ${resource.uri}: ${Math.floor((resource.blob.length * 3) / 4)} bytes]`;
    }
  }
}

/**
 * Turns what a server answered into what the tool gives: the structured content where the tool promised one or there is nothing else, else the text.
 * Throws `tool_failed` with the server's words where it says that the tool failed.
 */
export function resultOf(name: string, result: CallToolResult, structured: boolean): unknown {
  const text = result.content.map(textOf).join("\n");
  if (result.isError === true) throw new ThreadError("tool_failed", text === "" ? `${name} failed and did not say why` : text);
  const { structuredContent } = result;
  return structuredContent !== undefined && (structured || text === "") ? structuredContent : text;
}
