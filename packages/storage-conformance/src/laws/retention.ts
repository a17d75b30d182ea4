import assert from "node:assert/strict";
import type { EntityStorage, NewVersion, PrunePolicy } from "@minference/ecs";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectEdges, expectIds, expectSameIds, expectStorageError, loadOne } from "../expectations.ts";
import type { Law } from "../law.ts";

/** What pruning takes and leaves, names that keep versions, contents taken away for good. */
export const retentionLaws: readonly Law[] = [
  {
    name: "pruning keeps the last versions of each chain and what others branch from; what is left reads as before",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b] = [build.root(), build.root()];
      const line = [build.root({ payload: { text: "shared" }, edges: [edge("list", "0", a)] })];
      await expectCommitted(storage.commit(build.commit([a, b, ...line])));
      await append(storage, build, line, 9, (index) =>
        index === 4 ? edge("list", "0", null) : edge("list", String(index), index % 2 === 0 ? a : b),
      );
      const fork = line[2];
      assert.ok(fork);
      const branch = [build.next(fork, { onStaleParent: "branch", edges: [edge("list", "1", null)] })];
      await expectCommitted(storage.commit(build.commit(branch)));
      await append(storage, build, branch, 4, (index) => edge("tip", "", index % 2 === 0 ? a : b));
      const left = [a, b, fork, ...line.slice(-3), ...branch.slice(-3)];
      const before = new Map(await Promise.all(left.map(async ({ ecsId }) => [ecsId, await loadOne(storage, ecsId)] as const)));
      assert.deepEqual(await storage.prune({ keepLast: 3, dryRun: true }), { pruned: 8, kept: 9 });
      assert.equal((await storage.statistics()).versions, 17);
      assert.deepEqual(await storage.prune({ keepLast: 3 }), { pruned: 8, kept: 9 });
      const all = [...line, ...branch, a, b].map(({ ecsId }) => ecsId);
      expectSameIds(await storage.loadHeaders(all), left);
      for (const { ecsId } of left) {
        const { parentId: _, ...was } = before.get(ecsId) ?? assert.fail();
        const { parentId: _now, ...is } = await loadOne(storage, ecsId);
        assert.deepEqual(is, was);
      }
      expectIds(await storage.lineage(fork.lineageId), [fork, ...line.slice(-3), ...branch.slice(-3)]);
      const parents = (await storage.lineage(fork.lineageId)).map(({ parentId }) => parentId);
      assert.deepEqual(parents, [null, fork.ecsId, ...parentsOfLastThree(line), fork.ecsId, ...parentsOfLastThree(branch)]);
      assert.deepEqual(await storage.verify(), []);
      assert.deepEqual(await storage.prune({ keepLast: 3 }), { pruned: 0, kept: 9 });
      const tip = line.at(-1);
      assert.ok(tip);
      await expectCommitted(storage.commit(build.commit([build.next(tip, { edges: [edge("list", "8", null)] })])));
      await expectCommitted(storage.commit(build.commit([build.next(fork, { onStaleParent: "branch", edges: [edge("more", "", b)] })])));
      assert.deepEqual(await storage.verify(), []);
    },
  },
  {
    name: "pruning keeps what is newer, tagged, held or merged from, and leaves other types alone",
    async check({ storage }) {
      const build = new CommitBuilder();
      const held = [build.root({ payload: { text: "held" } })];
      await expectCommitted(storage.commit(build.commit(held, { createdAt: at(0) })));
      await append(storage, build, held, 5);
      const [, oldHeld, , tagged] = held;
      assert.ok(oldHeld && tagged);
      const holder = build.root({ type: "Holder", edges: [edge("old", "", oldHeld)] });
      const goes = build.next(holder, { edges: [edge("old", "", null), edge("gone", "", held[0] ?? null)] });
      const stays = build.next(goes, { edges: [edge("old", "", oldHeld), edge("gone", "", null)] });
      const merged = build.root({ type: "Merged" });
      const [left, right] = [build.next(merged), build.next(merged, { onStaleParent: "branch" })];
      const after = build.next(right);
      const merge = build.next(left, { mergeParentId: right.ecsId });
      const untouched = build.root({ type: "Other" });
      await expectCommitted(
        storage.commit(build.commit([holder, goes, stays, merged, left, right, after, untouched], { createdAt: at(1) })),
      );
      await expectCommitted(storage.commit(build.commit([merge, build.next(untouched)], { createdAt: at(2) })));
      await storage.tag("v1", held[0]?.ecsId ?? "");
      await storage.tag("v1", tagged.ecsId);
      const types = ["Thing", "Holder", "Merged"];
      await storage.prune({ keepLast: 1, types });
      const all = [...held, holder, goes, stays, merged, left, right, after, merge, untouched];
      const found = await storage.loadHeaders(all.map(({ ecsId }) => ecsId));
      expectSameIds(found, [oldHeld, tagged, ...held.slice(-1), stays, merged, right, after, merge, untouched]);
      await expectEdges(storage, stays, [["old", "", oldHeld]]);
      assert.deepEqual((await loadOne(storage, tagged.ecsId)).payload, { text: "held" });
      await storage.tag("v1", null);
      await storage.prune({ newerThan: at(2), types: ["Thing"] });
      expectSameIds(await storage.lineage(oldHeld.lineageId), [oldHeld, ...held.slice(-1)]);
      assert.deepEqual((await loadOne(storage, held.at(-1)?.ecsId ?? "")).payload, { text: "held" });
      assert.deepEqual(await storage.verify(), []);
    },
  },
  {
    name: "versions that hold each other in a circle are pruned when nothing that stays holds them",
    async check({ storage }) {
      const build = new CommitBuilder();
      let [left, right] = [build.root(), build.root()];
      left = { ...left, edges: [edge("other", "", right)] };
      right = { ...right, edges: [edge("other", "", left)] };
      const old = [left, right];
      await expectCommitted(storage.commit(build.commit(old)));
      for (let round = 0; round < 3; round += 1) {
        const [nextLeft, nextRight] = [build.next(left), build.next(right)];
        [left, right] = [
          { ...nextLeft, edges: [edge("other", "", nextRight)] },
          { ...nextRight, edges: [edge("other", "", nextLeft)] },
        ];
        await expectCommitted(storage.commit(build.commit([left, right])));
        if (round < 2) old.push(left, right);
      }
      assert.deepEqual(await storage.prune({ keepLast: 1 }), { pruned: 6, kept: 2 });
      assert.deepEqual(await storage.loadHeaders(old.map(({ ecsId }) => ecsId)), []);
      expectSameIds(await storage.loadTrees([left.ecsId]), [left, right]);
      assert.deepEqual(await storage.verify(), []);
    },
  },
  {
    name: "commits go on while a store is pruned, and none of theirs is lost",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root();
      const line = [build.root()];
      await expectCommitted(storage.commit(build.commit([child, ...line])));
      await append(storage, build, line, 200);
      const old = line.slice(50, 60);
      const pruning = storage.prune({ keepLast: 1 });
      const outcomes = await Promise.allSettled([
        ...old.map((version) =>
          storage.commit(build.commit([build.next(version, { onStaleParent: "branch", edges: [edge("child", "", child)] })])),
        ),
        ...old.map((version) => storage.commit(build.commit([build.root({ edges: [edge("old", "", version)] })]))),
        append(storage, build, line, 20),
      ]);
      await pruning;
      assert.equal(outcomes.at(-1)?.status, "fulfilled");
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") assert.match(String(outcome.reason), /is not stored/);
      }
      assert.deepEqual(await storage.verify(), []);
      for (const head of await storage.heads(child.lineageId)) await loadOne(storage, head.ecsId);
      const tip = line.at(-1);
      assert.ok(tip);
      assert.ok((await storage.heads(tip.lineageId)).some(({ ecsId }) => ecsId === tip.ecsId));
    },
  },
  {
    name: "a policy that keeps nothing is refused",
    async check({ storage }) {
      const policies: PrunePolicy[] = [
        {},
        { keepLast: 0 },
        { keepLast: -1 },
        { keepLast: 1.5 },
        { newerThan: new Date(Number.NaN) },
        { dryRun: true },
      ];
      for (const policy of policies) await expectStorageError(storage.prune(policy), "invalid");
      assert.deepEqual(await storage.prune({ keepLast: 1 }), { pruned: 0, kept: 0 });
    },
  },
  {
    name: "tags are names of versions, listed by code point in pages",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [one, two] = [build.root(), build.root()];
      await expectCommitted(storage.commit(build.commit([one, two])));
      const names = ["b", "a", "Z", "é", "\uffff", "\u{10000}", "a b", "'; drop table tag", "10", "9"];
      for (const name of names) await storage.tag(name, one.ecsId);
      await storage.tag("b", two.ecsId);
      await storage.tag("gone", one.ecsId);
      await storage.tag("gone", null);
      await storage.tag("never there", null);
      const sorted = ["'; drop table tag", "10", "9", "Z", "a", "a b", "b", "é", "\uffff", "\u{10000}"];
      for (const limit of [1, 3, 100]) {
        const found: string[] = [];
        for (let after: string | null | undefined; after !== null; ) {
          const page = await storage.tags({ limit, ...(after === undefined ? {} : { after }) });
          for (const { name, ecsId } of page.items) found.push(`${name} ${ecsId}`);
          after = page.next;
        }
        assert.deepEqual(
          found,
          sorted.map((name) => `${name} ${name === "b" ? two.ecsId : one.ecsId}`),
        );
      }
      for (const id of [build.id(), one.lineageId, "x"]) await expectStorageError(storage.tag("a", id), "unknown_version");
      for (const name of ["", "a\u0000", "\ud800", "x".repeat(201)]) await expectStorageError(storage.tag(name, one.ecsId), "invalid");
      await expectStorageError(storage.tags({ limit: 0 }), "invalid");
    },
  },
  {
    name: "a redacted lineage keeps its versions without contents, for good, and what it held stays",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root({ payload: { text: "child" } });
      const first = build.root({ payload: { text: "secret" }, edges: [edge("list", "secret key", child)] });
      const second = build.next(first, { payload: { text: "secret too" } });
      const branch = build.next(first, { onStaleParent: "branch", edges: [edge("list", "another", child)] });
      const holder = build.root({ edges: [edge("of", "", second)] });
      await expectCommitted(storage.commit(build.commit([child, first, second, branch, holder])));
      const { payloads } = await storage.statistics();
      assert.equal(await storage.redact(first.lineageId), 3);
      assert.equal((await storage.statistics()).payloads, payloads);
      const changes = await storage.loadChanges([first.ecsId, second.ecsId, branch.ecsId]);
      const ofChange = new Map(changes.map(({ ecsId, payload }) => [ecsId, payload]));
      assert.deepEqual(
        [first, second, branch].map(({ ecsId }) => ofChange.get(ecsId)),
        [{}, {}, null],
      );
      assert.equal(await storage.redact(first.lineageId), 3);
      for (const id of [build.id(), first.ecsId, "x"]) assert.equal(await storage.redact(id), 0);
      for (const version of [first, second, branch]) {
        const { payload, edges, redacted } = await loadOne(storage, version.ecsId);
        assert.deepEqual({ payload, edges, redacted }, { payload: {}, edges: [], redacted: true });
      }
      for (const { ecsId, redacted } of await storage.loadHeaders([first.ecsId, child.ecsId]))
        assert.equal(redacted, ecsId === first.ecsId);
      await expectEdges(storage, holder, [["of", "", second]]);
      assert.deepEqual((await loadOne(storage, child.ecsId)).payload, { text: "child" });
      assert.deepEqual(await storage.referrers({ ecsIds: [child.ecsId], versions: "all", limit: 9 }), { items: [], next: null });
      const added = build.next(second, { payload: { text: "back" } });
      await expectStorageError(storage.commit(build.commit([added])), "redacted");
      await expectStorageError(storage.commit(build.commit([build.next(first, { onStaleParent: "branch" })])), "redacted");
      await expectCommitted(storage.commit(build.commit([build.next(holder)])));
      assert.deepEqual(await storage.verify(), []);
    },
  },
  {
    name: "a cleared store is as a new one: ids, keys and names are free again, and commits go on",
    async check({ storage, reopen }) {
      const build = new CommitBuilder();
      const child = build.root({ payload: { text: "child" } });
      const root = build.root({ payload: { text: "root" }, edges: [edge("of", "", child)] });
      const first = build.commit([child, root], { idempotencyKey: "key" });
      const branches = [build.next(root), build.next(root, { onStaleParent: "branch" })];
      const issued = [storage.commit(first), storage.commit(build.commit(branches))];
      await Promise.all([...issued, storage.clear()]);
      assert.deepEqual(await Promise.all(issued), [{ status: "committed" }, { status: "committed" }]);
      const all = [child, root, ...branches];
      await expectEmpty(storage, all);
      await expectCommitted(storage.commit(first));
      await storage.tag("name", root.ecsId);
      expectSameIds(await storage.loadTrees([root.ecsId]), [child, root]);
      await expectStorageError(storage.commit(build.commit([build.next(branches[0] ?? root)])), "unknown_parent");
      await storage.clear();
      await storage.clear();
      await expectEmpty(storage, all);
      await expectCommitted(storage.commit(build.commit([root, child])));
      assert.deepEqual(await storage.verify(), []);
      await storage.clear();
      if (reopen === undefined) return;
      await storage.close();
      const again = await reopen();
      await expectEmpty(again, all);
      await again.close();
    },
  },
];

async function expectEmpty(storage: EntityStorage, gone: readonly NewVersion[]): Promise<void> {
  const { bytes: _, ...counts } = await storage.statistics();
  assert.deepEqual(counts, { commits: 0, lineages: 0, chains: 0, versions: 0, edges: 0, payloads: 0 });
  assert.deepEqual(await storage.loadHeaders(gone.map(({ ecsId }) => ecsId)), []);
  assert.deepEqual(await storage.loadHeads(gone.map(({ lineageId }) => lineageId)), []);
  assert.deepEqual(await storage.tags({ limit: 9 }), { items: [], next: null });
  assert.deepEqual(await storage.list({ types: ["Thing"], versions: "all", limit: 9 }), { items: [], next: null });
}

/** Appends versions, a commit each. */
async function append(
  storage: EntityStorage,
  build: CommitBuilder,
  line: NewVersion[],
  count: number,
  change?: (index: number) => ReturnType<typeof edge>,
): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    const tip = line.at(-1);
    assert.ok(tip);
    const next = build.next(tip, { edges: change === undefined ? [] : [change(index)] });
    await expectCommitted(storage.commit(build.commit([next], { createdAt: at(0) })));
    line.push(next);
  }
}

function parentsOfLastThree(versions: readonly NewVersion[]): string[] {
  return versions.slice(-3, -1).map(({ ecsId }) => ecsId);
}

function at(seconds: number): Date {
  return new Date(Date.UTC(2030, 0, 1, 0, 0, seconds));
}
