import { className } from "../definition/frozen-value.ts";
import { Entity } from "../entity/entity.ts";
import { stateOf } from "../entity/stateful.ts";
import type { EntityDependencyGraph } from "../graph/entity-dependency-graph.ts";
import { entityGraph } from "../graph/entity-graph.ts";
import { type DiagramOptions, flowchartHead, mermaidLabel, shortId } from "./mermaid-label.ts";

/** How a dependency graph is drawn. */
export interface GraphDiagramOptions<Node> extends DiagramOptions {
  /** What is written on a node: by default the class of an entity with the end of its `ecsId`; of anything else its text or class. */
  label?(node: Node): string;
}

function defaultLabel(node: unknown): string {
  const state = stateOf(node);
  if (state !== undefined) return `${state.definition.name} ${shortId(state.ecsId)}`;
  return typeof node === "object" && node !== null ? className(node) : String(node);
}

/**
 * Draws an entity with all that it reaches, or any dependency graph, as a Mermaid flowchart: a box a node in the order they were found,
 * arrows to what it depends on, a rounded box where nothing depends on it, a dashed border for what is part of a cycle. The
 * same graph gives the same text.
 *
 * @throws {EntityError} `invalid_value` for a label length that is none
 */
export function renderDependencyGraph(entity: Entity, options?: GraphDiagramOptions<Entity>): string;
export function renderDependencyGraph<Node>(graph: EntityDependencyGraph<Node>, options?: GraphDiagramOptions<Node>): string;
export function renderDependencyGraph(
  subject: Entity | EntityDependencyGraph<unknown>,
  options: GraphDiagramOptions<unknown> = {},
): string {
  const graph: EntityDependencyGraph<unknown> = subject instanceof Entity ? entityGraph([subject]) : subject;
  const nodes = Array.from(graph.nodes());
  const names = new Map(nodes.map((node, index) => [node, `n${index + 1}`]));
  const roots = new Set(graph.roots());
  const lines = [flowchartHead(options)];
  for (const [node, name] of names) {
    const text = mermaidLabel(options.label?.(node) ?? defaultLabel(node), options);
    lines.push(`  ${name}${roots.has(node) ? `([${text}])` : `[${text}]`}`);
  }
  for (const [node, name] of names) {
    for (const dependency of graph.dependenciesOf(node)) lines.push(`  ${name} --> ${names.get(dependency)}`);
  }
  const inCycle = new Set(graph.cycles().flat());
  const dashed = nodes.flatMap((node) => (inCycle.has(node) ? (names.get(node) ?? []) : []));
  if (dashed.length > 0) lines.push("  classDef cycle stroke-dasharray:4 4", `  class ${dashed.join(",")} cycle`);
  return `${lines.join("\n")}\n`;
}
