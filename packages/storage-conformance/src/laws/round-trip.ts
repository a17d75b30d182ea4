import assert from "node:assert/strict";
import type { JsonValue, Payload } from "@minference/ecs";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, loadOne } from "../expectations.ts";
import type { Law } from "../law.ts";

const payloads: readonly [name: string, payload: () => Payload][] = [
  ["nothing", () => ({})],
  ["every kind of value", () => ({ nil: null, yes: true, no: false, text: "a", list: [1, [], {}, [null]], object: { a: { b: [] } } })],
  ["numbers", () => ({ values: [0, 1, -1, 0.1, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, -2.5] })],
  ["emoji and every script", () => ({ "🗝️": "👩‍👩‍👧‍👦 é é 中文 עברית \u{10ffff}", "": "" })],
  ["quotes, controls and NUL", () => ({ text: "\u0000\u0001\b\t\n\r\u001f\u007f\u2028\u2029\"'\\/`$1?:a" })],
  ["halves of surrogate pairs", () => ({ text: "\ud800 \udfff \udc00\ud83d", "\udead": 1 })],
  ["keys that are names of JavaScript", () => nestedNames()],
  ["text that looks like SQL", () => ({ "'; drop table version; --": '"); delete from "edge"; --', $1: "?", "a.b[0]": "%_" })],
  ["a string of ten million characters", () => ({ text: "word \u{1f600} ".repeat(1_250_000) })],
  ["a list of ten thousand", () => ({ list: Array.from({ length: 10_000 }, (_, index) => index) })],
  ["five hundred levels", () => ({ deep: nest(500) })],
];

function nestedNames(): Payload {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length"];
  return JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:{${JSON.stringify(name)}:1}`).join(",")}}`);
}

function nest(levels: number): JsonValue {
  let value: JsonValue = "core";
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

/** What is stored reads back exactly. */
export const roundTripLaws: readonly Law[] = [
  ...payloads.map(
    ([name, payload]): Law => ({
      name: `a payload reads back exactly: ${name}`,
      async check({ storage }) {
        const build = new CommitBuilder();
        const version = build.root({ payload: payload() });
        await expectCommitted(storage.commit(build.commit([version])));
        const stored = await loadOne(storage, version.ecsId);
        assert.equal(JSON.stringify(stored.payload), JSON.stringify(payload()));
      },
    }),
  ),
  {
    name: "a payload is what JSON makes of it: negative zero is zero, what is no number is null",
    async check({ storage }) {
      const build = new CommitBuilder();
      const version = build.root({ payload: { zero: -0, none: [Number.NaN, Number.POSITIVE_INFINITY] } });
      await expectCommitted(storage.commit(build.commit([version])));
      const { payload } = await loadOne(storage, version.ecsId);
      assert.deepEqual(payload, { zero: 0, none: [null, null] });
    },
  },
  {
    name: "long and short payloads come back together, each with its version",
    async check({ storage }) {
      const build = new CommitBuilder();
      const children = Array.from({ length: 40 }, (_, index) =>
        build.root({ payload: { index, text: "\u{1f9f5}\n".repeat(index % 7 === 0 ? 30_000 + index : index) } }),
      );
      const root = build.root({ edges: children.map((child, index) => edge("list", String(index).padStart(2, "0"), child)) });
      const next = build.next(root, { edges: [edge("list", "99", build.next(children[7] ?? root))] });
      const shared = build.next(children[7] ?? root);
      await expectCommitted(storage.commit(build.commit([...children, root])));
      await expectCommitted(storage.commit(build.commit([shared, { ...next, edges: [edge("list", "99", shared)] }])));
      const loaded = new Map((await storage.loadTrees([next.ecsId])).map(({ ecsId, payload }) => [ecsId, JSON.stringify(payload)]));
      assert.equal(loaded.size, 42);
      for (const { ecsId, payload } of children) assert.equal(loaded.get(ecsId), JSON.stringify(payload));
      assert.equal(loaded.get(shared.ecsId), JSON.stringify(children[7]?.payload));
    },
  },
  {
    name: "the keys of a payload keep their order",
    async check({ storage }) {
      const build = new CommitBuilder();
      const version = build.root({ payload: { b: 1, a: { z: 1, y: 2, "10": 0, "9": 0 }, c: 1, aa: 2 } });
      await expectCommitted(storage.commit(build.commit([version])));
      const stored = await loadOne(storage, version.ecsId);
      assert.equal(JSON.stringify(stored.payload), '{"b":1,"a":{"9":0,"10":0,"z":1,"y":2},"c":1,"aa":2}');
    },
  },
  {
    name: "a header reads back exactly, from every way of loading",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root({ type: "Ünïcode Thing'\"", schemaVersion: 7 });
      const commit = build.commit([first], {
        createdAt: new Date("2031-02-03T04:05:06.789Z"),
        actor: "actor 'x' 🎭",
        message: 'message "y"',
        idempotencyKey: "key",
      });
      await expectCommitted(storage.commit(commit));
      const expected = {
        ecsId: first.ecsId,
        lineageId: first.lineageId,
        type: "Ünïcode Thing'\"",
        schemaVersion: 7,
        parentId: null,
        mergeParentId: null,
        createdAt: new Date("2031-02-03T04:05:06.789Z"),
        commitId: commit.id,
        redacted: false,
      };
      assert.deepEqual(await storage.loadHeaders([first.ecsId]), [expected]);
      assert.deepEqual(await storage.lineage(first.lineageId), [expected]);
      assert.deepEqual(await storage.heads(first.lineageId), [expected]);
      assert.deepEqual((await storage.list({ types: [first.type], versions: "all", limit: 1 })).items, [expected]);
      assert.deepEqual(await storage.loadVersions([first.ecsId]), [{ ...expected, payload: {}, edges: [] }]);
      assert.deepEqual(await storage.loadTrees([first.ecsId]), [{ ...expected, payload: {}, edges: [] }]);
    },
  },
  {
    name: "times are kept to the millisecond, far past and future too",
    async check({ storage }) {
      const build = new CommitBuilder();
      for (const time of [0, 1, -1, 999, 1_700_000_000_001, -62_135_596_800_000, 253_402_300_799_999, 8_640_000_000_000_000]) {
        const version = build.root();
        await expectCommitted(storage.commit(build.commit([version], { createdAt: new Date(time) })));
        assert.equal((await loadOne(storage, version.ecsId)).createdAt.getTime(), time);
      }
    },
  },
  {
    name: "both parents of a merge are kept",
    async check({ storage }) {
      const build = new CommitBuilder();
      const root = build.root();
      const left = build.next(root);
      const right = build.next(root, { onStaleParent: "branch" });
      const merged = build.next(left, { mergeParentId: right.ecsId, payload: { merged: true } });
      await expectCommitted(storage.commit(build.commit([root, left, right])));
      await expectCommitted(storage.commit(build.commit([merged])));
      const stored = await loadOne(storage, merged.ecsId);
      assert.equal(stored.parentId, left.ecsId);
      assert.equal(stored.mergeParentId, right.ecsId);
    },
  },
  {
    name: "what a caller does to a commit after issuing it, or to what was loaded, changes nothing",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root();
      const payload = { list: [1, 2], nested: { a: "as issued" } };
      const edges = [edge("child", "", child)];
      const version = build.root({ payload, edges });
      const createdAt = new Date(1_000);
      const versions = [child, version];
      const issued = storage.commit(build.commit(versions, { createdAt }));
      payload.list.push(3);
      payload.nested.a = "changed";
      edges.pop();
      versions.pop();
      createdAt.setTime(2_000);
      await expectCommitted(issued);
      for (let round = 0; round < 2; round += 1) {
        const [stored] = await storage.loadVersions([version.ecsId]);
        assert.ok(stored);
        assert.equal(JSON.stringify(stored.payload), '{"list":[1,2],"nested":{"a":"as issued"}}');
        assert.deepEqual(stored.edges, [{ field: "child", slot: "", child: child.ecsId }]);
        assert.equal(stored.createdAt.getTime(), 1_000);
        stored.createdAt.setTime(3_000);
        tamper(stored.payload["nested"]);
        tamper(stored.payload);
        tamper(stored.edges[0]);
        tamper(stored.edges);
        tamper(stored);
      }
    },
  },
  {
    name: "names, keys and slots are data, whatever they say",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root({ type: "'; drop table chain; --" });
      const names = ["__proto__", "constructor", "'", '"', "'); delete from version; --", "🗝️", "a\u001fb", "$1", "", " "];
      const edges = names.flatMap((field) => names.map((slot) => edge(field, slot, child)));
      const version = build.root({ edges });
      await expectCommitted(storage.commit(build.commit([child, version])));
      const stored = await loadOne(storage, version.ecsId);
      assert.equal(stored.edges.length, names.length ** 2);
      for (const { field, slot } of edges) {
        assert.ok(stored.edges.some((held) => held.field === field && held.slot === slot));
      }
      assert.equal((await loadOne(storage, child.ecsId)).type, "'; drop table chain; --");
    },
  },
];

/** Changes a value in place as far as it can be changed. */
function tamper(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  try {
    for (const key of Object.keys(value)) Reflect.set(value, key, "tampered");
    Reflect.set(value, "extra", "tampered");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
