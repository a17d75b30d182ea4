export type { McpConnection } from "./mcp-connection.ts";
export { connectMcpServer, McpServer, type McpServerOptions, type McpToolOptions } from "./mcp-server.ts";
