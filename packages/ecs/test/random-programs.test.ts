import fc from "fast-check";
import { expect, it } from "vitest";
import { EntityRegistry } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";
import { canonical, Node, Oracle, reachable } from "./graph-oracle.ts";

const place = fc.nat({ max: 1_000 });
const nodeNumber = fc.nat({ max: 1_000 });

const step = fc.oneof(
  fc.record({ do: fc.constant("create" as const) }),
  fc.record({ do: fc.constant("value" as const), on: nodeNumber, value: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant("tag" as const), on: nodeNumber, at: place, remove: fc.boolean() }),
  fc.record({ do: fc.constant("next" as const), on: nodeNumber, to: fc.option(nodeNumber) }),
  fc.record({
    do: fc.constant("pair" as const),
    on: nodeNumber,
    to: fc.option(fc.tuple(nodeNumber, fc.array(nodeNumber, { maxLength: 2 }))),
  }),
  fc.record({
    do: fc.constant("splice" as const),
    on: nodeNumber,
    at: place,
    remove: fc.nat({ max: 2 }),
    insert: fc.array(nodeNumber, { maxLength: 3 }),
  }),
  fc.record({ do: fc.constant("put" as const), on: nodeNumber, at: place, to: nodeNumber }),
  fc.record({
    do: fc.constant("arrange" as const),
    on: nodeNumber,
    how: fc.constantFrom("reverse", "sort", "assign", "repeat", "shorten"),
  }),
  fc.record({ do: fc.constant("name" as const), on: nodeNumber, key: fc.constantFrom("a", "b", "__proto__"), to: fc.option(nodeNumber) }),
  fc.record({ do: fc.constant("map" as const), on: nodeNumber, key: fc.nat({ max: 2 }), to: fc.option(nodeNumber) }),
  fc.record({ do: fc.constant("bag" as const), on: nodeNumber, to: nodeNumber, remove: fc.boolean() }),
  fc.record({ do: fc.constant("register" as const), on: nodeNumber, fail: fc.boolean(), wait: fc.boolean() }),
  fc.record({ do: fc.constant("revert" as const), on: nodeNumber }),
  fc.record({ do: fc.constant("reload" as const), version: nodeNumber }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function edit(node: Node, nodes: readonly Node[], action: Step): void {
  const pick = (number: number): Node => nodes[number % nodes.length] ?? node;
  switch (action.do) {
    case "value":
      node.value = action.value;
      break;
    case "tag":
      if (action.remove) node.tags.splice(action.at % (node.tags.length + 1), 1);
      else node.tags.splice(action.at % (node.tags.length + 1), 0, "t");
      break;
    case "next":
      node.next = action.to === null ? null : pick(action.to);
      break;
    case "pair":
      node.pair = action.to === null ? null : [pick(action.to[0]), action.to[1].map(pick)];
      break;
    case "splice":
      node.kids.splice(action.at % (node.kids.length + 1), action.remove, ...action.insert.map(pick));
      break;
    case "put":
      node.kids[action.at % (node.kids.length + 1)] = pick(action.to);
      break;
    case "arrange":
      if (action.how === "reverse") node.kids.reverse();
      else if (action.how === "sort") node.kids.sort((a, b) => a.value - b.value);
      else if (action.how === "assign") node.kids = [...node.kids.slice(1), ...node.kids.slice(0, 1)];
      else if (action.how === "repeat") node.kids.push(...node.kids.slice(0, 2));
      else node.kids.length = Math.floor(node.kids.length / 2);
      break;
    case "name":
      if (action.to === null) delete node.named[action.key];
      else node.named[action.key] = pick(action.to);
      break;
    case "map":
      if (action.to === null) node.mapped.delete(action.key);
      else node.mapped.set(action.key, pick(action.to));
      break;
    case "bag":
      if (action.remove) node.bag.delete(pick(action.to));
      else node.bag.add(pick(action.to));
      break;
    default:
  }
}

async function run(program: readonly Step[]): Promise<void> {
  const storage = new CopyingStorage();
  const registry = new EntityRegistry(storage);
  const oracle = new Oracle();
  const nodes: Node[] = [new Node({})];
  const stored = new Map<string, string>();
  const underWay: Promise<void>[] = [];

  const expectFlagsOfAll = (): void => {
    const modified = new Set(oracle.modifiedAmong(nodes));
    expect(nodes.map((node) => node.hasModifications())).toEqual(nodes.map((node) => modified.has(node)));
  };

  const register = async (root: Node, fail: boolean, wait: boolean): Promise<void> => {
    expect(root.hasModifications()).toBe(oracle.isModified(root));
    const modified = oracle.modified(root);
    const listed = root.modifications();
    expect(listed.length === modified.size && listed.every(({ entity }) => modified.has(entity))).toBe(true);
    if (fail) {
      await Promise.all(underWay.splice(0));
      const ids = nodes.map((node) => [node.ecsId, node.parentId, node.hasModifications()]);
      storage.failure = new Error("refused");
      await registry.register(root, { onConflict: "branch" }).catch(() => undefined);
      storage.failure = null;
      expect(nodes.map((node) => [node.ecsId, node.parentId, node.hasModifications()])).toEqual(ids);
      return;
    }
    const forked = oracle.register(root);
    const text = canonical(root, oracle.nameOf);
    // Copies of one lineage can only be told apart when they are all handed in.
    const all = Array.from(reachable(root));
    const hasCopies = new Set(all.map(({ lineageId }) => lineageId)).size < all.length;
    const roots = hasCopies ? all : [root];
    const registering = registry.register(roots, { onConflict: "branch" }).then((done) => {
      expect(done.versions).toBe(forked.size);
      const commit = storage.commits.find(({ id }) => id === done.commitId);
      const { versions = [] } = commit ?? {};
      for (const [node, name] of forked) {
        const ofLineage = versions.find(({ lineageId }) => lineageId === node.lineageId);
        oracle.stored((hasCopies ? done.ecsIds[all.indexOf(node)] : ofLineage?.ecsId) ?? "", name);
      }
      const [id] = done.ecsIds;
      if (done.versions > 0 && id !== undefined) stored.set(id, text);
    });
    if (wait) await registering;
    else underWay.push(registering);
  };

  for (const action of program) {
    if (action.do === "create") {
      nodes.push(new Node({}));
    } else if (action.do === "register") {
      await register(nodes[action.on % nodes.length] ?? new Node({}), action.fail, action.wait);
    } else if (action.do === "revert") {
      const node = nodes[action.on % nodes.length] ?? new Node({});
      const affected = Array.from(reachable(node));
      const expected = affected.map((one) => oracle.contentAfterRevert(one));
      node.revert();
      expect(affected.map((one) => oracle.contentNow(one))).toEqual(expected);
    } else if (action.do === "reload") {
      await Promise.all(underWay.splice(0));
      const id = Array.from(stored.keys())[action.version % Math.max(stored.size, 1)];
      if (id === undefined) continue;
      const copy = await registry.get(Node, id);
      oracle.adopt(copy);
      nodes.push(...Array.from(reachable(copy)).slice(0, 3));
    } else {
      edit(nodes[action.on % nodes.length] ?? new Node({}), nodes, action);
    }
    if (nodes.length % 3 === 0) expectFlagsOfAll();
  }
  await Promise.all(underWay);
  expectFlagsOfAll();
  for (const [id, text] of stored) {
    for (const loaded of [await registry.get(Node, id), await registry.getColdSnapshot(Node, id)]) {
      expect(canonical(loaded, oracle.nameOfStored)).toBe(text);
      const objects = reachable(loaded);
      expect(new Set(Array.from(objects, (node) => node.ecsId)).size).toBe(objects.size);
    }
  }
}

it("tracks, forks and reloads as an oracle does that copies everything", async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), run), {
    numRuns: Number(process.env["MINFERENCE_TEST_PROGRAMS"] ?? 10_000),
  });
});
