import { type Clock, systemClock } from "@minference/clients";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { type CallToolResult, CallToolResultSchema, ErrorCode, McpError, type Tool } from "@modelcontextprotocol/sdk/types.js";
import { ThreadError } from "../errors/thread-error.ts";
import type { JsonSchemaCallableDefinition, ToolContext } from "../tools/callable.ts";
import type { CallableRegistry } from "../tools/callable-registry.ts";
import type { CallableTool } from "../tools/callable-tool.ts";
import { type McpConnection, transportOf } from "./mcp-connection.ts";
import { resultOf } from "./mcp-result.ts";
import { checkServerName, mcpToolName } from "./mcp-tool-name.ts";

/** Which server, and how it is reached. */
export interface McpServerOptions {
  /** Stands in front of the names of its tools. */
  readonly name: string;
  readonly connection: McpConnection;
  /** How long a connection may take to come about, in milliseconds. Default 30 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long it is left alone after a connection failed, in milliseconds; calls fail at once meanwhile. Default 1 000. */
  readonly retryDelayMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** How tools are offered. */
export interface McpToolOptions {
  /** The names of those to take, as the server has them. Default: all. */
  readonly only?: readonly string[] | undefined;
  /**
   * Limits for its calls. Whether they are idempotent or need approval is the application's to say: what a server says of itself is not
   * believed. Default: calls are not taken to be idempotent.
   */
  readonly settings?: ((tool: string) => ToolSettings) | undefined;
}

type ToolSettings = Partial<Pick<JsonSchemaCallableDefinition, "timeoutMs" | "maxConcurrent" | "idempotent" | "approval" | "strictSchema">>;

/** A connection that is made or there. */
interface Link {
  readonly opening: Promise<Client>;
  /** Null until it is there. */
  client: Client | null;
}

const connectionClosed: number = ErrorCode.ConnectionClosed;

/** The longest a timer can take: the tool's own time and the run's signal bound a call. */
const noTimeout = 2_147_483_647;

/** A list of tools that has more has no end. */
const mostPages = 1000;

/**
 * A connection to an MCP server, whose tools become callables. When the server dies, calls that are under way end with `mcp_server`, which the
 * model is told, and the next call connects anew. What a server says, of its tools and for a result, is data for the model and is never run.
 */
export class McpServer {
  readonly name: string;
  readonly #connection: McpConnection;
  readonly #connectTimeoutMs: number;
  readonly #retryDelayMs: number;
  readonly #clock: Clock;
  #link: Link | null = null;
  #notBefore = 0;
  #closed = false;

  /** Opens nothing yet; see {@link connectMcpServer}. Throws `invalid_tool` for a name that can't stand in the names of tools. */
  constructor(options: McpServerOptions) {
    checkServerName(options.name);
    this.name = options.name;
    this.#connection = options.connection;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 30_000;
    this.#retryDelayMs = options.retryDelayMs ?? 1_000;
    this.#clock = options.clock ?? systemClock;
  }

  /** Connects, unless it is connected. Rejects with `mcp_server`. */
  async connect(): Promise<void> {
    await this.#connected();
  }

  /**
   * Registers the server's tools as callables and gives the tools for threads, named `SERVER__TOOL`. Rejects with `mcp_server`, with
   * `unknown_tool` for one in `only` that the server has not, with `tool_exists` and `invalid_tool` as `CallableRegistry.register`; then none
   * of them is registered.
   */
  async registerTools(callables: CallableRegistry, options: McpToolOptions = {}): Promise<CallableTool[]> {
    const { only, settings = () => ({}) } = options;
    const listed = await this.#list();
    const missing = only?.find((name) => !listed.some((tool) => tool.name === name));
    if (missing !== undefined) {
      const names = listed.map(({ name }) => name).join(", ");
      throw new ThreadError(
        "unknown_tool",
        `the MCP server ${this.name} has no tool ${JSON.stringify(missing)}; it has: ${names || "none"}`,
      );
    }
    const tools: CallableTool[] = [];
    try {
      for (const tool of listed) {
        if (only !== undefined && !only.includes(tool.name)) continue;
        tools.push(callables.register({ idempotent: false, ...settings(tool.name), ...this.#definitionOf(tool) }));
      }
    } catch (error) {
      for (const { name } of tools) callables.delete(name);
      throw error;
    }
    return tools;
  }

  /** Ends the connection, and a server that was started; calls fail from then on. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#link?.opening.catch(() => null);
    this.#link = null;
    await client?.close();
  }

  #definitionOf(tool: Tool): JsonSchemaCallableDefinition {
    const { description = "", inputSchema, name, outputSchema } = tool;
    return {
      name: mcpToolName(this.name, name),
      docstring: description,
      inputSchema,
      ...(outputSchema === undefined ? {} : { outputSchema }),
      run: async (args, context) => resultOf(name, await this.#call(name, args, context), outputSchema !== undefined),
    };
  }

  async #list(): Promise<Tool[]> {
    const client = await this.#connected();
    const tools: Tool[] = [];
    let cursor: string | undefined;
    let pages = 0;
    try {
      do {
        pages += 1;
        if (pages > mostPages) throw new Error(`the list has more than ${mostPages} pages`);
        const page = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: this.#connectTimeoutMs });
        tools.push(...page.tools);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
    } catch (cause) {
      this.#drop(client);
      throw this.#failure("did not list its tools", cause);
    }
    return tools;
  }

  async #call(name: string, args: unknown, context: ToolContext): Promise<CallToolResult> {
    const first = await this.#connected();
    try {
      return await this.#request(first, name, args, context);
    } catch (cause) {
      if (context.signal.aborted) throw cause;
      // A server that does not know the session any more has not run the tool.
      if (cause instanceof StreamableHTTPError && cause.code === 404) {
        this.#drop(first);
        const second = await this.#connected();
        return await this.#request(second, name, args, context).catch((error: unknown) => this.#failed(second, name, error));
      }
      return this.#failed(first, name, cause);
    }
  }

  async #request(client: Client, name: string, args: unknown, { signal }: ToolContext): Promise<CallToolResult> {
    const result = await client.callTool(
      { name, arguments: typeof args === "object" && args !== null ? { ...args } : {} },
      CallToolResultSchema,
      { signal, timeout: noTimeout },
    );
    return CallToolResultSchema.parse(result);
  }

  /** Tells what the server refused from what never reached it or broke off. */
  #failed(client: Client, name: string, cause: unknown): never {
    if (cause instanceof McpError && cause.code !== connectionClosed) {
      throw new ThreadError("tool_failed", `${name} failed: ${cause.message}`, { cause });
    }
    this.#drop(client);
    throw this.#failure(`broke off while ${name} ran, which may have run or not`, cause);
  }

  #connected(): Promise<Client> {
    if (this.#closed) return Promise.reject(new ThreadError("mcp_server", `the MCP server ${this.name} was closed by the application`));
    if (this.#link !== null) return this.#link.opening;
    if (this.#clock.monotonic() < this.#notBefore) {
      return Promise.reject(
        new ThreadError("mcp_server", `the MCP server ${this.name} could not be reached just now`, { retryable: true }),
      );
    }
    const link: Link = { opening: this.#open(), client: null };
    this.#link = link;
    link.opening.then(
      (client) => {
        link.client = client;
      },
      () => {
        this.#notBefore = this.#clock.monotonic() + this.#retryDelayMs;
        if (this.#link === link) this.#link = null;
      },
    );
    return link.opening;
  }

  async #open(): Promise<Client> {
    const client = new Client({ name: "minference", version: "0.0.0" });
    try {
      await client.connect(transportOf(this.#connection), { timeout: this.#connectTimeoutMs });
    } catch (cause) {
      await client.close().catch(() => {});
      throw this.#failure("could not be reached", cause);
    }
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's client is no event target
    client.onclose = () => this.#drop(client);
    return client;
  }

  /** Forgets a connection that is of no use any more, so that the next call makes another. */
  #drop(client: Client): void {
    if (this.#link?.client !== client) return;
    this.#link = null;
    client.close().catch(() => {});
  }

  #failure(what: string, cause: unknown): ThreadError {
    if (ThreadError.is(cause)) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ThreadError("mcp_server", `the MCP server ${this.name} ${what}: ${reason}`, { cause, retryable: true });
  }
}

/** Connects to an MCP server, over stdio or streamable HTTP. Rejects with `mcp_server` when it can't be reached. */
export async function connectMcpServer(options: McpServerOptions): Promise<McpServer> {
  const server = new McpServer(options);
  await server.connect();
  return server;
}
