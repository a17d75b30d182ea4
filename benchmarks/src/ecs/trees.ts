import { Entity, ref } from "@minference/ecs";
import * as z from "zod";

/** A node with what messages and their like hold: some text, some numbers, children. */
export class TreeNode extends Entity.define("TreeNode", {
  role: z.string(),
  text: z.string(),
  count: z.number().default(0),
  get children() {
    return z.array(ref(() => TreeNode)).default([]);
  },
}) {}

/** The same as a plain object. */
export interface PlainNode {
  role: string;
  text: string;
  count: number;
  children: PlainNode[];
}

/** How nodes are arranged: all in one list below the root, or ten below each. */
export type Shape = "wide" | "deep";

const fanOut = 10;

/** Builds a plain tree of the given number of nodes, each with text of its own. */
export function plainTree(size: number, shape: Shape): PlainNode {
  const nodes = Array.from(
    { length: size },
    (_, index): PlainNode => ({
      role: index % 2 === 0 ? "user" : "assistant",
      text: `node ${index} says ${index * 7919}`,
      count: index,
      children: [],
    }),
  );
  for (const [index, node] of nodes.entries()) {
    if (index > 0) nodes[shape === "wide" ? 0 : Math.floor((index - 1) / fanOut)]?.children.push(node);
  }
  const [root] = nodes;
  if (root === undefined) throw new Error("a tree has at least one node");
  return root;
}

/** Builds the same tree of entities. */
export function entityTree(plain: PlainNode): TreeNode {
  const made = new Map<PlainNode, TreeNode>();
  const order = [plain];
  for (const node of order) order.push(...node.children.slice(0, 50_000), ...node.children.slice(50_000));
  for (const node of order.toReversed()) {
    const children = node.children.map((child) => made.get(child) ?? new TreeNode({ role: "", text: "" }));
    made.set(node, new TreeNode({ role: node.role, text: node.text, count: node.count, children }));
  }
  return made.get(plain) ?? new TreeNode({ role: "", text: "" });
}

/** The path from the root to a node, as places in the lists of children. */
export function pathTo(index: number, shape: Shape): number[] {
  const path: number[] = [];
  for (let at = index; at > 0; ) {
    const parent = shape === "wide" ? 0 : Math.floor((at - 1) / fanOut);
    path.unshift(shape === "wide" ? at - 1 : (at - 1) % fanOut);
    at = parent;
  }
  return path;
}

/** What counts in a comparison: every count, in order. */
export function counts(root: { count: number; children: readonly unknown[] }): number[] {
  const all: number[] = [];
  const open: { count: number; children: readonly unknown[] }[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    all.push(next.count);
    for (const child of next.children) if (isNode(child)) open.push(child);
  }
  return all;
}

function isNode(value: unknown): value is { count: number; children: readonly unknown[] } {
  return typeof value === "object" && value !== null && "count" in value && "children" in value;
}
