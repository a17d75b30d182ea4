import { entityTree, plainTree } from "./trees.ts";
function median(a: number[]) { return a.toSorted((x, y) => x - y)[a.length >> 1]!; }
const size = 10_000;
const plain = plainTree(size, "wide");
const entities = Array.from(entityTree(plain).children);
class Direct { role; text; count; children; constructor(p: any) { this.role = p.role; this.text = p.text; this.count = p.count; this.children = p.children; } }
class Getter { _role; _text; _count; _children; constructor(p: any) { this._role = p.role; this._text = p.text; this._count = p.count; this._children = p.children; } get count() { return this._count as number; } }
class Private { #role; #text; #count; #children; constructor(p: any) { this.#role = p.role; this.#text = p.text; this.#count = p.count; this.#children = p.children; } get count() { return this.#count as number; } }
class PrivateF { #role; #text; #count; #children; static get = function (this: PrivateF) { return this.#count }; constructor(p: any) { this.#role = p.role; this.#text = p.text; this.#count = p.count; this.#children = p.children; } declare count: number }
Object.defineProperty(PrivateF.prototype, "count", { get: PrivateF.get, configurable: true, enumerable: true });
class Sub extends Private {} class Sub2 extends Sub {}
const sets: Record<string, readonly { readonly count: number }[]> = { plain: plain.children, entities,
 direct: plain.children.map((p) => new Direct(p)), getter: plain.children.map((p) => new Getter(p)), priv: plain.children.map((p) => new Private(p)), privF: plain.children.map((p) => new PrivateF(p)), sub2: plain.children.map((p) => new Sub2(p)) };
for (const [kind, body] of [["sum", "let sum = 0; for (const node of nodes) sum += node.count; return sum;"], ["idx", "let sum = 0; for (let i = 0; i < nodes.length; i++) sum += nodes[i].count; return sum;"]] as const) {
const reads = Object.fromEntries(Object.keys(sets).map((k) => [k, new Function("nodes", body) as (n: readonly { readonly count: number }[]) => number]));
  const samples: Record<string, number[]> = {};
  for (let r = 0; r < 800; r++) for (const [k, nodes] of Object.entries(sets)) { const t = performance.now(); reads[k]!(nodes); (samples[k] ??= []).push(((performance.now() - t) * 1e6) / nodes.length); }
  console.log(kind, Object.fromEntries(Object.entries(samples).map(([k, s]) => [k, median(s.slice(400)).toFixed(2)])));
}
