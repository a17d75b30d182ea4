import * as z from "zod";
import { Entity, ref } from "../src/index.ts";

/** An entity with a field of every kind that can hold entities. */
export class Node extends Entity.define("Node", {
  value: z.number().default(0),
  tags: z.array(z.string()).default([]),
  get next() {
    return ref(() => Node)
      .nullable()
      .default(null);
  },
  get kids() {
    return z.array(ref(() => Node)).default([]);
  },
  get named() {
    return z
      .record(
        z.string(),
        ref(() => Node),
      )
      .default({});
  },
  get mapped() {
    return z
      .map(
        z.number(),
        ref(() => Node),
      )
      .default(new Map());
  },
  get bag() {
    return z.set(ref(() => Node)).default(new Set());
  },
  get pair() {
    return z
      .tuple([ref(() => Node), z.array(ref(() => Node))])
      .nullable()
      .default(null);
  },
}) {}

/** What a node refers to, in the order of its fields and slots. */
function referred(node: Node): Node[] {
  const named = Object.keys(node.named).toSorted();
  const mapped = Array.from(node.mapped).toSorted(([a], [b]) => a - b);
  return [
    ...(node.next === null ? [] : [node.next]),
    ...node.kids,
    ...named.flatMap((key) => node.named[key] ?? []),
    ...mapped.map(([, child]) => child),
    ...node.bag,
    ...(node.pair === null ? [] : [node.pair[0], ...node.pair[1]]),
  ];
}

/** The nodes that can be reached, this one first. */
export function reachable(node: Node): Set<Node> {
  const reached = new Set([node]);
  for (const next of reached) for (const child of referred(next)) reached.add(child);
  return reached;
}

/** One node without what it refers to; these are shown as `show` has it. A set shows each version once, in their order. */
export function shallow(node: Node, show: (child: Node) => string | number): string {
  return JSON.stringify([
    node.value,
    node.tags,
    node.next === null ? null : show(node.next),
    node.kids.map(show),
    Object.keys(node.named)
      .toSorted()
      .map((key) => [key, show(node.named[key] ?? node)]),
    Array.from(node.mapped, ([key, child]) => [key, show(child)]).toSorted(([a], [b]) => Number(a) - Number(b)),
    Array.from(new Set(Array.from(node.bag, (child) => String(show(child))))).toSorted(),
    node.pair === null ? null : [show(node.pair[0]), node.pair[1].map(show)],
  ]);
}

/** The whole graph below a node as text, each version under its name once. */
export function canonical(root: Node, nameOf: (node: Node) => string): string {
  const nodes = Array.from(reachable(root));
  const lines = new Map(nodes.map((node) => [nameOf(node), shallow(node, nameOf)]));
  const sorted = Array.from(lines, ([name, line]) => `${name}: ${line}`).toSorted();
  return [nameOf(root), ...sorted].join("\n");
}

interface Known {
  /** Its own fields, with the numbers of the objects in them. */
  readonly content: string;
  /** The same, with the versions of these objects. */
  readonly shown: string;
  readonly version: number;
}

/** Knows what each object's last version held, by copying all of it: slow, and with little to get wrong. */
export class Oracle {
  readonly #numbers = new Map<Node, number>();
  readonly #last = new Map<Node, Known>();
  readonly #names = new Map<Node, string>();
  readonly #namesOfStored = new Map<string, string>();
  #named = 0;

  #number(node: Node): number {
    const known = this.#numbers.get(node) ?? this.#numbers.size;
    this.#numbers.set(node, known);
    return known;
  }

  #content(node: Node): string {
    return shallow(node, (child) => this.#number(child));
  }

  /** What the fields of a node have to be after it was reverted. */
  contentAfterRevert(node: Node): string {
    return this.#last.get(node)?.content ?? this.#content(node);
  }

  contentNow(node: Node): string {
    return this.#content(node);
  }

  #remember(node: Node, version: number): void {
    this.#last.set(node, { content: this.#content(node), shown: this.#show(node), version });
  }

  #show(node: Node): string {
    return shallow(node, (child) => `${this.#number(child)}@${this.#last.get(child)?.version ?? "new"}`);
  }

  #differsItself(node: Node): boolean {
    return this.#last.get(node)?.shown !== this.#show(node);
  }

  isModified(node: Node): boolean {
    return this.modifiedAmong([node]).length > 0;
  }

  /** Those that differ from their last version, themselves or in anything below. */
  modifiedAmong(nodes: Iterable<Node>): Node[] {
    const looked = new Map<Node, boolean>();
    const differs = (node: Node): boolean => {
      const known = looked.get(node) ?? this.#differsItself(node);
      looked.set(node, known);
      return known;
    };
    return Array.from(nodes).filter((node) => Array.from(reachable(node)).some(differs));
  }

  /** All below a node that registering it would give a new version. */
  modified(root: Node): Set<Entity> {
    return new Set(this.modifiedAmong(reachable(root)));
  }

  /** The name of the last version of an object. */
  nameOf = (node: Node): string => this.#names.get(node) ?? "new";

  /** The name of the stored version that an object was loaded from. */
  nameOfStored = (node: Node): string => this.#namesOfStored.get(node.ecsId) ?? "unknown";

  /** Makes what is there the last version of all below a node; says which of them needed one, with their names. */
  register(root: Node): Map<Node, string> {
    const forked = this.modifiedAmong(reachable(root));
    for (const node of forked) {
      this.#last.set(node, { content: "", shown: "", version: (this.#last.get(node)?.version ?? 0) + 1 });
      this.#names.set(node, `version ${this.#named++}`);
    }
    for (const node of forked) this.#remember(node, this.#last.get(node)?.version ?? 0);
    return new Map(forked.map((node) => [node, this.nameOf(node)]));
  }

  /** Learns the id under which a version was stored. */
  stored(ecsId: string, name: string): void {
    this.#namesOfStored.set(ecsId, name);
  }

  /** Takes objects that were just loaded as they are. */
  adopt(root: Node): void {
    for (const node of reachable(root)) {
      this.#last.set(node, { content: "", shown: "", version: 1 });
      this.#names.set(node, this.nameOfStored(node));
    }
    for (const node of reachable(root)) this.#remember(node, 1);
  }
}
