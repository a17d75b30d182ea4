/** How to read nodes that are to be arranged. */
export interface GraphAccessors<Node> {
  /** What a node depends on directly; a node may be named more than once. */
  dependencies(node: Node): Iterable<Node>;
}

interface Visit<Node> {
  readonly node: Node;
  readonly remaining: Iterator<Node>;
}

/**
 * The nodes reachable from some roots and what depends on what. Cycles are legal: the nodes of one form a component. Works
 * on anything, by identity; nothing recurses, so depth is limited by memory alone.
 */
export class EntityDependencyGraph<Node> {
  readonly #dependencies = new Map<Node, ReadonlySet<Node>>();
  readonly #dependents = new Map<Node, Set<Node>>();
  #components: readonly (readonly Node[])[] | null = null;

  /** Collects everything reachable from the roots. */
  static build<Node>(roots: Iterable<Node>, accessors: GraphAccessors<Node>): EntityDependencyGraph<Node> {
    const graph = new EntityDependencyGraph<Node>();
    const reached = new Set(roots);
    for (const node of reached) {
      const dependencies = new Set(accessors.dependencies(node));
      graph.add(node, dependencies);
      for (const dependency of dependencies) reached.add(dependency);
    }
    return graph;
  }

  /** Adds a node, or dependencies to a node that is there; dependencies that are not there yet are added without any. */
  add(node: Node, dependencies: Iterable<Node> = []): void {
    const all = new Set([...(this.#dependencies.get(node) ?? []), ...dependencies]);
    this.#dependencies.set(node, all);
    if (!this.#dependents.has(node)) this.#dependents.set(node, new Set());
    for (const dependency of all) {
      if (!this.#dependencies.has(dependency)) this.#dependencies.set(dependency, new Set());
      const dependents = this.#dependents.get(dependency);
      if (dependents === undefined) this.#dependents.set(dependency, new Set([node]));
      else dependents.add(node);
    }
    this.#components = null;
  }

  get size(): number {
    return this.#dependencies.size;
  }

  has(node: Node): boolean {
    return this.#dependencies.has(node);
  }

  nodes(): Iterable<Node> {
    return this.#dependencies.keys();
  }

  /** What a node depends on directly. */
  dependenciesOf(node: Node): ReadonlySet<Node> {
    return this.#dependencies.get(node) ?? new Set();
  }

  /** What depends on a node directly. */
  dependentsOf(node: Node): ReadonlySet<Node> {
    return this.#dependents.get(node) ?? new Set();
  }

  /** Some nodes and everything that depends on them, directly or through others. */
  withDependents(nodes: Iterable<Node>): Set<Node> {
    const reached = new Set(nodes);
    for (const node of reached) for (const dependent of this.dependentsOf(node)) reached.add(dependent);
    return reached;
  }

  /** The nodes that nothing depends on. */
  roots(): Node[] {
    return Array.from(this.nodes()).filter((node) => this.dependentsOf(node).size === 0);
  }

  /** All nodes, each after what it depends on; within a cycle, where no such order exists, in the order they were found. */
  topologicalOrder(): Node[] {
    return this.components().flat();
  }

  /** The cycles: components of more than one node, and nodes that depend on themselves. */
  cycles(): (readonly Node[])[] {
    return this.components().filter((component) => {
      const [only] = component;
      return component.length > 1 || (only !== undefined && this.dependenciesOf(only).has(only));
    });
  }

  /** The strongly connected components, each after those it depends on (Tarjan's algorithm, with a stack of its own). */
  components(): readonly (readonly Node[])[] {
    this.#components ??= this.#findComponents();
    return this.#components;
  }

  #findComponents(): Node[][] {
    const components: Node[][] = [];
    const index = new Map<Node, number>();
    const low = new Map<Node, number>();
    const open: Node[] = [];
    const isOpen = new Set<Node>();
    const path: Visit<Node>[] = [];
    const enter = (node: Node): void => {
      index.set(node, index.size);
      low.set(node, index.size - 1);
      open.push(node);
      isOpen.add(node);
      path.push({ node, remaining: this.dependenciesOf(node).values() });
    };
    const lower = (node: Node, to: number | undefined): void => {
      low.set(node, Math.min(low.get(node) ?? 0, to ?? 0));
    };
    for (const start of this.nodes()) {
      if (index.has(start)) continue;
      enter(start);
      for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
        const next = visit.remaining.next();
        if (next.done !== true) {
          if (!index.has(next.value)) enter(next.value);
          else if (isOpen.has(next.value)) lower(visit.node, index.get(next.value));
          continue;
        }
        path.pop();
        const holder = path.at(-1);
        if (holder !== undefined) lower(holder.node, low.get(visit.node));
        if (low.get(visit.node) !== index.get(visit.node)) continue;
        const component: Node[] = [];
        for (let node = open.pop(); node !== undefined; node = node === visit.node ? undefined : open.pop()) {
          isOpen.delete(node);
          component.push(node);
        }
        components.push(component.toReversed());
      }
    }
    return components;
  }
}
