import { mcpTool } from "../examples/mcp-tool.ts";
import { chatModels, type Example } from "../setting/example.ts";
import { toolResults } from "./conversation.ts";

export const example: Example = {
  models: chatModels,
  script({ request }) {
    const results = toolResults(request);
    const titles = Array.from(results[0]?.content.matchAll(/"title":"([^"]+)"/g) ?? [], ([, title]) => title);
    const shelf = /"shelf":"(\w+)"/.exec(results[0]?.content ?? "")?.[1] ?? "";
    if (results.length === 0) return { toolCalls: [{ name: "library__find", arguments: { author: "George Eliot" } }] };
    if (results.length === 1) {
      const borrow = { name: "library__borrow", arguments: { title: titles[0] ?? "" } };
      return { toolCalls: [{ name: "shelf_floor", arguments: { shelf } }, borrow] };
    }
    return { text: `${titles.join(" and ")}, on floor ${results[1]?.content}. ${results[2]?.content}.` };
  },
  run: mcpTool,
};
