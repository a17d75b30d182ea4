import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EntityDependencyGraph } from "../src/index.ts";

const edges = fc.array(fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 8 })), { maxLength: 25 });

function graphOf(pairs: readonly (readonly [number, number])[]): EntityDependencyGraph<number> {
  const graph = new EntityDependencyGraph<number>();
  for (const [from, to] of pairs) graph.add(from, [to]);
  return graph;
}

function reach(pairs: readonly (readonly [number, number])[], start: number): Set<number> {
  const reached = new Set<number>();
  const open = [start];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const [from, to] of pairs) {
      if (from !== node || reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return reached;
}

describe("EntityDependencyGraph", () => {
  it("puts each node after what it depends on, and together what depends on each other", () => {
    fc.assert(
      fc.property(edges, (pairs) => {
        const graph = graphOf(pairs);
        const components = graph.components();
        const place = new Map(components.flatMap((nodes, index) => nodes.map((node) => [node, index] as const)));
        expect(place.size).toBe(graph.size);
        for (const [from, to] of pairs) expect(place.get(to) ?? 0).toBeLessThanOrEqual(place.get(from) ?? 0);
        for (const a of graph.nodes()) {
          for (const b of graph.nodes()) {
            const together = a === b || (reach(pairs, a).has(b) && reach(pairs, b).has(a));
            expect(place.get(a) === place.get(b)).toBe(together);
          }
        }
      }),
    );
  });

  it("finds dependents, roots and cycles", () => {
    fc.assert(
      fc.property(edges, fc.nat({ max: 8 }), (pairs, start) => {
        const graph = graphOf(pairs);
        const expected = Array.from(graph.nodes()).filter((node) => node === start || reach(pairs, node).has(start));
        expect(graph.has(start) ? graph.withDependents([start]) : new Set(expected)).toEqual(new Set(expected));
        expect(graph.roots().toSorted()).toEqual(
          Array.from(graph.nodes())
            .filter((node) => pairs.every(([, to]) => to !== node))
            .toSorted(),
        );
        const inCycle = Array.from(graph.nodes()).filter((node) => reach(pairs, node).has(node));
        expect(graph.cycles().flat().toSorted()).toEqual(inCycle.toSorted());
      }),
    );
  });

  it("takes a ladder of two hundred thousand nodes without recursion", () => {
    const rungs = 100_000;
    const graph = EntityDependencyGraph.build([0], {
      dependencies: (node) => (node >= 2 * rungs ? [] : [node - (node % 2) + 2, node - (node % 2) + 3]),
    });
    expect(graph.size).toBe(2 * rungs + 1);
    expect(graph.topologicalOrder().at(-1)).toBe(0);
    expect(graph.cycles()).toEqual([]);
  });

  it("works on what is no entity, through accessors", () => {
    const b = { name: "b", needs: [] };
    const a = { name: "a", needs: [b, b] };
    const graph = EntityDependencyGraph.build<{ name: string; needs: readonly { name: string; needs: never[] }[] }>([a], {
      dependencies: (node) => node.needs,
    });
    expect(graph.topologicalOrder().map(({ name }) => name)).toEqual(["b", "a"]);
    expect(graph.dependenciesOf(a)).toEqual(new Set([b]));
    expect(graph.dependentsOf(b)).toEqual(new Set([a]));
  });
});
