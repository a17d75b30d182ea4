import type { Lineage } from "../lineage/lineage.ts";
import { type LineageNode, lineageTree } from "../lineage/lineage-tree.ts";
import { type DiagramOptions, flowchartHead, mermaidLabel, shortId } from "./mermaid-label.ts";

/** How a lineage is drawn. */
export interface LineageDiagramOptions extends DiagramOptions {
  /** What is written on a version: by default its number in the lineage and the end of its `ecsId`. */
  readonly label?: (node: LineageNode, number: number) => string;
}

function defaultLabel({ version }: LineageNode, number: number): string {
  return `${number} ${shortId(version.ecsId)}`;
}

/**
 * Draws a lineage as a Mermaid flowchart: a box a version in the order they were stored, arrows to what came from it, a hexagon for
 * a merge with a dotted arrow from its second parent, a thick border for the last version of each branch. The same lineage
 * gives the same text. Unless configured otherwise mermaid draws 500 arrows at most (its setting `maxEdges`).
 *
 * @throws {EntityError} `invalid_value` for a label length that is none
 */
export function renderLineage(lineage: Lineage, options: LineageDiagramOptions = {}): string {
  const { nodes } = lineageTree(lineage);
  const { label = defaultLabel } = options;
  const names = new Map(Array.from(nodes.keys(), (ecsId, index) => [ecsId, `v${index + 1}`]));
  const lines = [flowchartHead(options)];
  for (const [index, node] of Array.from(nodes.values()).entries()) {
    const { version, isMerge } = node;
    const name = names.get(version.ecsId) ?? "";
    const text = mermaidLabel(label(node, index + 1), options);
    lines.push(`  ${name}${isMerge ? `{{${text}}}` : `[${text}]`}`);
    const parent = names.get(version.parentId ?? "");
    const second = names.get(version.mergeParentId ?? "");
    if (parent !== undefined) lines.push(`  ${parent} --> ${name}`);
    if (second !== undefined) lines.push(`  ${second} -.-> ${name}`);
  }
  const heads = lineage.heads.flatMap(({ ecsId }) => names.get(ecsId) ?? []);
  if (heads.length > 0) lines.push("  classDef head stroke-width:3px", `  class ${heads.join(",")} head`);
  return `${lines.join("\n")}\n`;
}
