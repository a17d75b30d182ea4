import { createHash } from "node:crypto";
import { ThreadError } from "../errors/thread-error.ts";

/** The longest name that providers take. */
const longest = 64;

/**
 * Names a server's tool so that it is told apart from those of all other servers and that providers take the name: `SERVER__TOOL`. The same
 * server and tool always have the same name, in every process; where the tool's own can't be used as it is, part of a hash of it stands at the end.
 */
export function mcpToolName(server: string, tool: string): string {
  const whole = `${server}__${tool}`;
  if (/^[a-zA-Z0-9_-]+$/.test(tool) && whole.length <= longest) return whole;
  const hash = createHash("sha256").update(tool).digest("hex").slice(0, 8);
  return `${whole.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, longest - hash.length - 1)}_${hash}`;
}

/** Throws `invalid_tool` for a name that could make a tool of one server look like one of another. */
export function checkServerName(name: string): void {
  if (name.length <= 24 && /^[a-zA-Z0-9-]+(?:_[a-zA-Z0-9-]+)*$/.test(name)) return;
  throw new ThreadError(
    "invalid_tool",
    `an MCP server is named by up to 24 letters, digits, "-" and single "_" between them, not ${JSON.stringify(name)}`,
  );
}
