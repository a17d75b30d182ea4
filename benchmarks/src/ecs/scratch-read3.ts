import { entityTree, plainTree } from "./trees.ts";
function median(a: number[]) { return a.toSorted((x, y) => x - y)[a.length >> 1]!; }
const size = 10_000;
const plain = plainTree(size, "wide");
const entities = Array.from(entityTree(plain).children);
class Private { #role; #text; #count; #children; constructor(p: any) { this.#role = p.role; this.#text = p.text; this.#count = p.count; this.#children = p.children; } get count() { return this.#count as number; } }
class Private8 { #role; #text; #count; #children; #e: unknown = null; #f: unknown = null; #g: unknown = null; #h: unknown = null; constructor(p: any) { this.#role = p.role; this.#text = p.text; this.#count = p.count; this.#children = p.children; } get count() { return this.#count as number; } }
class Direct { role; text; count; children; constructor(p: any) { this.role = p.role; this.text = p.text; this.count = p.count; this.children = p.children; } }
const order = plain.children.toReversed();
const sets: Record<string, readonly { readonly count: number }[]> = { plain: plain.children, entities, priv: plain.children.map((p) => new Private(p)), privRev: order.map((p) => new Private(p)).toReversed(), priv8: plain.children.map((p) => new Private8(p)), direct: plain.children.map((p) => new Direct(p)) };
const read = (nodes: readonly { readonly count: number }[]): number => {
    const start = performance.now();
    let sum = 0;
    for (const node of nodes) sum += node.count;
    const nanoseconds = ((performance.now() - start) * 1e6) / nodes.length;
    if (sum === 0) throw new Error("nothing was read");
    return nanoseconds;
};
const only = process.argv[2]?.split(",") ?? Object.keys(sets);
for (const k of only) for (let r = 0; r < 200; r++) { read(plain.children); read(sets[k]!); }
const samples: Record<string, number[]> = {};
for (let r = 0; r < 400; r++) for (const k of ["plain", ...only.filter((k) => k !== "plain")]) (samples[k] ??= []).push(read(sets[k]!));
console.log(Object.fromEntries(Object.entries(samples).map(([k, s]) => [k, median(s).toFixed(2)])));
