/** How to read nodes that are to be arranged. */
export interface GraphAccessors<Node> {
  /** What a node depends on directly; a node may be named more than once. */
  dependencies(node: Node): Iterable<Node>;
  /** Whether a dependency belongs to the graph; all do when this is left out. */
  follows?(dependency: Node): boolean;
}

/** A node with its place among the others. */
interface Vertex<Node> {
  readonly node: Node;
  dependencies: Vertex<Node>[] | null;
  dependents: Vertex<Node>[] | null;
  /** When the search for components came by; -1 before. */
  index: number;
  /** The earliest vertex on the path that it leads back to. */
  low: number;
  /** How many of its dependencies the search has followed. */
  followed: number;
  isOpen: boolean;
}

/** Nodes in order, and where in it each component ends. */
interface Order<Node> {
  readonly nodes: Node[];
  readonly ends: number[];
}

/**
 * The nodes reachable from some roots and what depends on what. Cycles are legal: the nodes of one form a component. Works
 * on anything, by identity; nothing recurses, so depth is limited by memory alone.
 */
export class EntityDependencyGraph<Node> {
  readonly #vertices = new Map<Node, Vertex<Node>>();
  #order: Order<Node> | null = null;
  /** Whether vertices know what depends on them, which is only worked out when it is asked for. */
  #isLinked = false;

  /** Collects everything reachable from the roots. */
  static build<Node>(roots: Iterable<Node>, accessors: GraphAccessors<Node>): EntityDependencyGraph<Node> {
    const graph = new EntityDependencyGraph<Node>();
    for (const root of roots) graph.#vertex(root);
    for (const [node, vertex] of graph.#vertices) {
      for (const dependency of accessors.dependencies(node)) {
        if (accessors.follows?.(dependency) ?? true) graph.#connect(vertex, graph.#vertex(dependency));
      }
    }
    return graph;
  }

  /** Adds a node, or dependencies to a node that is there; dependencies that are not there yet are added without any. */
  add(node: Node, dependencies: Iterable<Node> = []): void {
    const vertex = this.#vertex(node);
    for (const dependency of dependencies) this.#connect(vertex, this.#vertex(dependency));
    this.#order = null;
    this.#isLinked = false;
  }

  #vertex(node: Node): Vertex<Node> {
    const known = this.#vertices.get(node);
    if (known !== undefined) return known;
    const vertex: Vertex<Node> = { node, dependencies: null, dependents: null, index: -1, low: -1, followed: 0, isOpen: false };
    this.#vertices.set(node, vertex);
    return vertex;
  }

  #connect(from: Vertex<Node>, to: Vertex<Node>): void {
    if (from.dependencies === null) from.dependencies = [to];
    else from.dependencies.push(to);
  }

  /** The vertices, each knowing what depends on it. */
  #linked(): ReadonlyMap<Node, Vertex<Node>> {
    if (this.#isLinked) return this.#vertices;
    for (const vertex of this.#vertices.values()) vertex.dependents = null;
    for (const vertex of this.#vertices.values()) {
      for (const dependency of vertex.dependencies ?? []) (dependency.dependents ??= []).push(vertex);
    }
    this.#isLinked = true;
    return this.#vertices;
  }

  get size(): number {
    return this.#vertices.size;
  }

  has(node: Node): boolean {
    return this.#vertices.has(node);
  }

  nodes(): Iterable<Node> {
    return this.#vertices.keys();
  }

  /** What a node depends on directly. */
  dependenciesOf(node: Node): ReadonlySet<Node> {
    return new Set(this.#vertices.get(node)?.dependencies?.map((vertex) => vertex.node));
  }

  /** What depends on a node directly. */
  dependentsOf(node: Node): ReadonlySet<Node> {
    return new Set(
      this.#linked()
        .get(node)
        ?.dependents?.map((vertex) => vertex.node),
    );
  }

  /** Some nodes and everything that depends on them, directly or through others. */
  withDependents(nodes: Iterable<Node>): Set<Node> {
    const reached = new Set(nodes);
    const vertices = this.#linked();
    for (const node of reached) for (const dependent of vertices.get(node)?.dependents ?? []) reached.add(dependent.node);
    return reached;
  }

  /** The nodes that nothing depends on. */
  roots(): Node[] {
    return Array.from(this.#linked().values()).flatMap((vertex) => (vertex.dependents === null ? [vertex.node] : []));
  }

  /** All nodes, each after what it depends on; within a cycle, where no such order exists, in the order they were found. */
  topologicalOrder(): Node[] {
    return this.#inOrder().nodes.slice();
  }

  /** The cycles: components of more than one node, and nodes that depend on themselves. */
  cycles(): (readonly Node[])[] {
    return this.components().filter((component) => {
      const [only] = component;
      return component.length > 1 || (only !== undefined && this.dependenciesOf(only).has(only));
    });
  }

  /** The strongly connected components, each after those it depends on. */
  components(): readonly (readonly Node[])[] {
    const { nodes, ends } = this.#inOrder();
    return ends.map((end, index) => nodes.slice(ends[index - 1] ?? 0, end));
  }

  #inOrder(): Order<Node> {
    this.#order ??= findOrder(this.#vertices.values());
    return this.#order;
  }
}

/** Finds components and puts them in order (Tarjan's algorithm, with a stack of its own). */
function findOrder<Node>(vertices: Iterable<Vertex<Node>>): Order<Node> {
  const order: Order<Node> = { nodes: [], ends: [] };
  const open: Vertex<Node>[] = [];
  const path: Vertex<Node>[] = [];
  let entered = 0;
  const enter = (vertex: Vertex<Node>): void => {
    vertex.index = entered;
    vertex.low = entered++;
    vertex.followed = 0;
    vertex.isOpen = true;
    open.push(vertex);
    path.push(vertex);
  };
  const all = Array.from(vertices);
  for (const vertex of all) vertex.index = -1;
  for (const start of all) {
    if (start.index >= 0) continue;
    enter(start);
    for (let vertex = path.at(-1); vertex !== undefined; vertex = path.at(-1)) {
      const next = vertex.dependencies?.[vertex.followed++];
      if (next !== undefined) {
        if (next.index < 0) enter(next);
        else if (next.isOpen) vertex.low = Math.min(vertex.low, next.index);
        continue;
      }
      path.pop();
      const holder = path.at(-1);
      if (holder !== undefined) holder.low = Math.min(holder.low, vertex.low);
      if (vertex.low === vertex.index) closeComponent(open, vertex, order);
    }
  }
  return order;
}

/** Moves a component, which begins with the given vertex, from the open ones to the order. */
function closeComponent<Node>(open: Vertex<Node>[], first: Vertex<Node>, { nodes, ends }: Order<Node>): void {
  const start = open.lastIndexOf(first);
  for (let index = start; index < open.length; index++) {
    const vertex = open[index];
    if (vertex === undefined) continue;
    vertex.isOpen = false;
    nodes.push(vertex.node);
  }
  open.length = start;
  ends.push(nodes.length);
}
