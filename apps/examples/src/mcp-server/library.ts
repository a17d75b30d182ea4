// An MCP server of its own: a small library, spoken to over its input and output, as those of other vendors are.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import * as z from "zod";

const books = [
  { title: "Middlemarch", author: "George Eliot", shelf: "E4" },
  { title: "Silas Marner", author: "George Eliot", shelf: "E4" },
  { title: "Walden", author: "Henry David Thoreau", shelf: "T1" },
];

const server = new McpServer({ name: "library", version: "1.0.0" });
server.registerTool("find", { description: "Finds books by their author", inputSchema: { author: z.string() } }, ({ author }) => ({
  content: books.filter((book) => book.author === author).map((book) => ({ type: "text", text: JSON.stringify(book) })),
}));
server.registerTool("borrow", { description: "Borrows a book", inputSchema: { title: z.string() } }, ({ title }) => ({
  content: [{ type: "text", text: `${title} is yours for two weeks` }],
}));
await server.connect(new StdioServerTransport());
