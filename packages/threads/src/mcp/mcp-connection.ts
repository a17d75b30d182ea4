import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** How a server is reached: a program of this machine that is started and spoken to over its input and output, or an address. */
export type McpConnection =
  | {
      readonly command: string;
      readonly args?: readonly string[] | undefined;
      /** Beside the few variables that every program needs, such as `PATH`; keys of this process are not handed on. */
      readonly env?: Readonly<Record<string, string>> | undefined;
      readonly cwd?: string | undefined;
      /** Where its messages for people go. Default `ignore`. */
      readonly stderr?: "ignore" | "inherit" | undefined;
    }
  | {
      /** Streamable HTTP. */
      readonly url: string | URL;
      /** Such as an authorization; sent with every request and told nowhere. */
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly fetch?: typeof globalThis.fetch | undefined;
    };

/** Makes what carries messages to a server; nothing is started or opened yet. */
export function transportOf(connection: McpConnection): StdioClientTransport | StreamableHTTPClientTransport {
  if ("command" in connection) {
    const { args = [], command, cwd, env, stderr = "ignore" } = connection;
    return new StdioClientTransport({
      command,
      args: [...args],
      stderr,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    });
  }
  const { fetch, headers, url } = connection;
  return new StreamableHTTPClientTransport(new URL(url), {
    ...(fetch === undefined ? {} : { fetch }),
    ...(headers === undefined ? {} : { requestInit: { headers } }),
  });
}
