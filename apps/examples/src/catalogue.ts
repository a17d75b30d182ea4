import type { Example } from "./setting/example.ts";

/** An example that can be run by its name. */
export interface CatalogueEntry {
  readonly about: string;
  /** Loads it; the others stay unloaded. */
  load(): Promise<{ readonly example: Example }>;
}

/** All examples by name, in the order in which they are best read. */
export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map([
  ["parallel-text", { about: "many questions at once, answers as they come", load: () => import("./simulated/parallel-text.ts") }],
  [
    "several-providers",
    { about: "the same questions to every provider, in one batch", load: () => import("./simulated/several-providers.ts") },
  ],
  ["tools", { about: "functions that a model calls, several at once", load: () => import("./simulated/tools.ts") }],
  ["sequential-tools", { about: "agents that go on until a goal is reached", load: () => import("./simulated/sequential-tools.ts") }],
  ["workflow", { about: "fixed steps, each a tool", load: () => import("./simulated/workflow.ts") }],
  [
    "structured-output",
    { about: "answers as objects of a schema, corrected where need be", load: () => import("./simulated/structured-output.ts") },
  ],
  ["reasoning", { about: "a model that thinks before it answers", load: () => import("./simulated/reasoning.ts") }],
  ["long-context", { about: "many questions about a long document", load: () => import("./simulated/long-context.ts") }],
  ["openrouter", { about: "models of several makers with one key", load: () => import("./simulated/openrouter.ts") }],
  ["mcp-tool", { about: "tools of an MCP server", load: () => import("./simulated/mcp-tool.ts") }],
  ["streaming", { about: "answers while they are written", load: () => import("./simulated/streaming.ts") }],
  ["budget", { about: "a limit on what may be spent", load: () => import("./simulated/budget.ts") }],
  ["branching", { about: "several ways to go on, and the best of them", load: () => import("./simulated/branching.ts") }],
  ["resume", { about: "a run that breaks off, and is taken up again", load: () => import("./simulated/resume.ts") }],
  ["postgres", { about: "several workers, one database", load: () => import("./simulated/postgres.ts") }],
  ["custom-storage", { about: "a store of one's own", load: () => import("./simulated/custom-storage.ts") }],
  ["custom-provider", { about: "a provider of one's own", load: () => import("./simulated/custom-provider.ts") }],
  [
    "fork-and-register",
    { about: "versions, conflicts, branches and merges, step by step", load: () => import("./simulated/fork-and-register.ts") },
  ],
  ["lineage-diagram", { about: "the versions of a conversation, drawn", load: () => import("./simulated/lineage-diagram.ts") }],
  ["serialisation", { about: "threads and tools as plain data, and back", load: () => import("./simulated/serialisation.ts") }],
]);
