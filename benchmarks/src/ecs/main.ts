import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { EntityRegistry, EntityTracer } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { type Benchmark, median, printTable } from "../benchmark.ts";
import { cloneSubject, immerSubject, minferenceSubject, mutativeSubject, type Subject } from "./subjects.ts";
import { entityTree, type PlainNode, plainTree, type Shape, TreeNode } from "./trees.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: unknown = runInNewContext("gc");

function usedBytes(): number {
  if (typeof collectGarbage === "function") for (let round = 0; round < 3; round++) collectGarbage();
  return process.memoryUsage().heapUsed;
}

const sizes = [100, 1_000, 10_000, 100_000];
const makers: Readonly<Record<string, (plain: PlainNode, shape: Shape) => Promise<Subject> | Subject>> = {
  minference: minferenceSubject,
  Mutative: mutativeSubject,
  Immer: immerSubject,
  "structuredClone + deep equal": cloneSubject,
};

/** Edits the same nodes with each subject, checks that they come to the same, and gives milliseconds an edit. */
async function editing(size: number, shape: Shape): Promise<Record<string, number>> {
  const plain = plainTree(size, shape);
  const places = Array.from({ length: 64 }, (_, index) => 1 + ((index * 7919) % (size - 1)));
  const expected: number[][] = [];
  const times: Record<string, number> = {};
  for (const [name, make] of Object.entries(makers)) {
    const subject = await make(plain, shape);
    const isSlow = name.startsWith("structured") && size > 1_000;
    // The same edits for each, enough of them for the compiler to have done its work.
    for (let round = 0; round < (isSlow ? 16 : 400); round++) {
      if (round === 16) expected.push(subject.counts());
      await subject.editAndFork(places[round % 16] ?? 1);
    }
    if (isSlow) expected.push(subject.counts());
    const rounds = isSlow ? 3 : 400;
    const samples: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      await subject.editAndFork(places[round % places.length] ?? 1);
      samples.push(performance.now() - start);
    }
    times[name] = median(samples);
  }
  if (expected.some((counts) => JSON.stringify(counts) !== JSON.stringify(expected[0])))
    throw new Error(`subjects disagree at ${size} nodes, ${shape}`);
  return times;
}

async function asking(size: number): Promise<Record<string, number>> {
  const plain = plainTree(size, "wide");
  const times: Record<string, number> = {};
  for (const [name, make] of Object.entries(makers)) {
    const subject = await make(plain, "wide");
    if (subject.hasChanges()) throw new Error(`${name} sees changes where there are none`);
    const rounds = name.startsWith("structured") ? 5 : 100_000;
    const start = performance.now();
    for (let round = 0; round < rounds; round++) subject.hasChanges();
    times[name] = ((performance.now() - start) * 1_000) / rounds;
  }
  return times;
}

async function building(size: number): Promise<{ buildAndRegister: number; structuredClone: number }> {
  const plain = plainTree(size, "wide");
  const build: number[] = [];
  const clone: number[] = [];
  for (let round = 0; round < 15; round++) {
    const nothing = new EntityRegistry(
      new Proxy(new MemoryStorage(), {
        get: (target, key) => (key === "commit" ? async () => ({ status: "committed" }) : Reflect.get(target, key, target)),
      }),
    );
    let start = performance.now();
    await nothing.register(entityTree(plain));
    build.push(performance.now() - start);
    start = performance.now();
    structuredClone(plain);
    clone.push(performance.now() - start);
  }
  return { buildAndRegister: median(build), structuredClone: median(clone) };
}

function memory(size: number): { entity: number; plain: number } {
  const before = usedBytes();
  const plain = plainTree(size, "wide");
  const withPlain = usedBytes();
  const entities = entityTree(plain);
  const withEntities = usedBytes();
  if (entities.children.length !== plain.children.length) throw new Error("the trees differ");
  return { plain: (withPlain - before) / size, entity: (withEntities - withPlain) / size };
}

/** A field that is hidden and may hold anything, with nothing else around it: what its getter and its slot cost alone. */
class HiddenField {
  #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  get count(): number {
    return typeof this.#value === "number" ? this.#value : 0;
  }
}

/** Nanoseconds that reading a field takes. */
interface Reading {
  readonly size: number;
  readonly entity: number;
  readonly hidden: number;
  readonly plain: number;
}

/**
 * Reads a field of many objects, as a loop over messages would. Where they lie in memory after they were built weighs more than the read itself, so
 * they are built anew some times.
 */
function reading(size: number): Reading {
  const builds = Array.from({ length: 15 }, () => readingOnce(size));
  return {
    size,
    plain: median(builds.map(({ plain }) => plain)),
    hidden: median(builds.map(({ hidden }) => hidden)),
    entity: median(builds.map(({ entity }) => entity)),
  };
}

function readingOnce(size: number): Omit<Reading, "size"> {
  const plain = plainTree(size + 1, "wide").children;
  const entities = plain.map(({ role, text, count }) => new TreeNode({ role, text, count }));
  const others = [new HiddenField("text"), new HiddenField({})];
  const hidden = plain.map(({ count }) => new HiddenField(count));
  const read = (nodes: readonly { readonly count: number }[]): number => {
    const start = performance.now();
    let sum = 0;
    for (const node of nodes) sum += node.count;
    const nanoseconds = ((performance.now() - start) * 1e6) / nodes.length;
    if (sum !== (size * (size + 1)) / 2) throw new Error("something else was read");
    return nanoseconds;
  };
  const samples = Array.from({ length: 400 }, () => ({ plain: read(plain), hidden: read(hidden), entity: read(entities) })).slice(200);
  if (others.some(({ count }) => count !== 0)) throw new Error("what is no number was read as one");
  return {
    plain: median(samples.map((sample) => sample.plain)),
    hidden: median(samples.map((sample) => sample.hidden)),
    entity: median(samples.map((sample) => sample.entity)),
  };
}

/** What calling a traced function costs beside calling it, when nothing is traced; nanoseconds. */
function tracing(): { traced: number; plain: number } {
  const registry = new EntityRegistry(new MemoryStorage());
  const tracer = new EntityTracer(registry, { severity: "NONE" });
  const node = new TreeNode({ role: "user", text: "" });
  const edit = (target: TreeNode, by: number): number => target.text.length + by;
  const traced = tracer.traced(edit);
  const call = (fn: typeof edit): number => {
    const calls = 100_000;
    const start = performance.now();
    let sum = 0;
    for (let round = 0; round < calls; round++) sum += fn(node, round);
    if (sum === 0) throw new Error("nothing was called");
    return ((performance.now() - start) * 1e6) / calls;
  };
  const samples = Array.from({ length: 60 }, () => ({ plain: call(edit), traced: call(traced) })).slice(30);
  return { plain: median(samples.map((sample) => sample.plain)), traced: median(samples.map((sample) => sample.traced)) };
}

async function ladder(layers: number): Promise<number> {
  let below = [new TreeNode({ role: "leaf", text: "left" }), new TreeNode({ role: "leaf", text: "right" })];
  const [leaf] = below;
  for (let layer = 1; layer < layers; layer++) {
    const children = below;
    below = ["left", "right"].map((text) => new TreeNode({ role: "rung", text, children }));
  }
  const top = new TreeNode({ role: "top", text: "", children: below });
  const registry = new EntityRegistry(new MemoryStorage());
  await registry.register(top);
  const samples: number[] = [];
  for (let round = 0; round < 5; round++) {
    if (leaf !== undefined) leaf.count += 1;
    const start = performance.now();
    const { versions } = await registry.register(top);
    samples.push(performance.now() - start);
    if (versions !== 2 * layers) throw new Error(`a ladder of ${layers} layers forked ${versions} entities`);
  }
  return median(samples);
}

export const benchmark: Benchmark = async () => {
  // First, since what is read lies where the work before it left room.
  const reads = [1_000, 10_000].map(reading);
  const edits: { nodes: number; shape: Shape; times: Record<string, number> }[] = [];
  for (const shape of ["wide", "deep"] as const)
    for (const nodes of sizes) edits.push({ nodes, shape, times: await editing(nodes, shape) });
  const rows = (times: Record<string, number>, digits: number): Record<string, string> =>
    Object.fromEntries(Object.entries(times).map(([name, time]) => [name, time.toFixed(digits)]));
  printTable(
    "One edit and a new version of the tree, milliseconds",
    edits.map(({ nodes, shape, times }) => ({ tree: `${nodes} ${shape}`, ...rows(times, 4) })),
  );
  const asks: { nodes: number; times: Record<string, number> }[] = [];
  for (const nodes of sizes) asks.push({ nodes, times: await asking(nodes) });
  printTable(
    "Asking for changes when there are none, microseconds",
    asks.map(({ nodes, times }) => ({ tree: `${nodes} wide`, ...rows(times, 3) })),
  );
  const builds = [];
  for (const nodes of [1_000, 10_000]) builds.push({ nodes, ...(await building(nodes)) });
  printTable(
    "Building and registering a tree, milliseconds",
    builds.map(({ nodes, buildAndRegister, structuredClone: clone }) => ({
      nodes,
      minference: buildAndRegister.toFixed(1),
      structuredClone: clone.toFixed(1),
      times: (buildAndRegister / clone).toFixed(1),
    })),
  );
  const bytes = memory(20_000);
  const calls = tracing();
  printTable("Memory and tracing", [
    {
      what: "bytes an entity",
      minference: bytes.entity.toFixed(0),
      "plain object": bytes.plain.toFixed(0),
      times: (bytes.entity / bytes.plain).toFixed(1),
    },
    {
      what: "nanoseconds a call of a function, traced at NONE",
      minference: calls.traced.toFixed(1),
      "plain object": calls.plain.toFixed(1),
      times: (calls.traced / calls.plain).toFixed(1),
    },
  ]);
  printTable(
    "Reading a field in a loop, nanoseconds; beside it a bare class with a hidden field",
    reads.map(({ entity, hidden, plain, size }) => ({
      objects: size,
      minference: entity.toFixed(1),
      "hidden field": hidden.toFixed(1),
      "plain object": plain.toFixed(1),
      times: (entity / plain).toFixed(1),
    })),
  );
  const ladders = [];
  for (const layers of [250, 500, 1_000]) ladders.push({ layers, milliseconds: await ladder(layers) });
  printTable(
    "Forking a ladder of two shared nodes a layer",
    ladders.map(({ layers, milliseconds }) => ({ layers, milliseconds: milliseconds.toFixed(2) })),
  );
  return { edits, asks, builds, bytes, reads, calls, ladders };
};
