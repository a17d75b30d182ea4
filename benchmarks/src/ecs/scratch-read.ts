import { entityTree, plainTree } from "./trees.ts";
function median(a: number[]) { return a.toSorted((x, y) => x - y)[a.length >> 1]!; }
const size = 10_000;
const plain = plainTree(size, "wide");
const entities = Array.from(entityTree(plain).children);
class A { #v: unknown[]; constructor(v: unknown[]) { this.#v = v; } get count() { return this.#v[2] as number; } }
class B { #a: unknown; #b: unknown; #count: unknown; #d: unknown; #s: object; constructor(v: unknown[]) { this.#a = v[0]; this.#b = v[1]; this.#count = v[2]; this.#d = v[3]; this.#s = v; } get count() { return this.#count as number; } }
const as = plain.children.map((p) => new A([p.role, p.text, p.count, p.children]));
const bs = plain.children.map((p) => new B([p.role, p.text, p.count, p.children]));
const bs2 = plain.children.map((p) => [new B([p.role, p.text, p.count, p.children]), new Array(40).fill(0)] as const).map(([b]) => b);
const copies = plain.children.map((p) => ({ ...p }));
const sets: Record<string, readonly { readonly count: number }[]> = { plain: plain.children, entities, as, bs, bs2, copies };
function makeRead() { return new Function("nodes", "let sum = 0; for (const node of nodes) sum += node.count; return sum;") as (n: readonly { readonly count: number }[]) => number; }
for (const shared of [true, false]) {
  const one = makeRead();
  const reads = Object.fromEntries(Object.keys(sets).map((k) => [k, shared ? one : makeRead()]));
  const samples: Record<string, number[]> = {};
  for (let r = 0; r < 600; r++) for (const [k, nodes] of Object.entries(sets)) { const t = performance.now(); reads[k]!(nodes); (samples[k] ??= []).push(((performance.now() - t) * 1e6) / nodes.length); }
  console.log(shared ? "one loop" : "own loops", Object.fromEntries(Object.entries(samples).map(([k, s]) => [k, median(s.slice(300)).toFixed(2)])));
}
