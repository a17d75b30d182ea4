import type Anthropic from "@anthropic-ai/sdk";

const mark: Anthropic.CacheControlEphemeral = { type: "ephemeral" };

/**
 * Marks the instructions, the first tool, the last message and the third-last: the latter is where the request before this one ended, so
 * that what was kept then is found. Four marks are the most a request may have.
 *
 * Source: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
 */
export function setCacheMarks(body: Anthropic.MessageCreateParamsNonStreaming): void {
  if (typeof body.system === "string") body.system = [{ type: "text", text: body.system, cache_control: mark }];
  const [tool] = body.tools ?? [];
  if (tool !== undefined) tool.cache_control = mark;
  for (const message of [body.messages.at(-1), body.messages.at(-3)]) if (message !== undefined) markMessage(message);
}

/** Marks the last block that takes a mark; reasoning takes none. */
function markMessage(message: Anthropic.MessageParam): void {
  if (typeof message.content === "string") {
    message.content = [{ type: "text", text: message.content, cache_control: mark }];
    return;
  }
  for (const block of message.content.toReversed()) {
    if (block.type !== "text" && block.type !== "image" && block.type !== "tool_use" && block.type !== "tool_result") continue;
    block.cache_control = mark;
    return;
  }
}
