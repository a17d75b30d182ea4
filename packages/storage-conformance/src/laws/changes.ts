import assert from "node:assert/strict";
import type { NewVersion } from "@minference/ecs";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted } from "../expectations.ts";
import type { Law } from "../law.ts";

/** Versions as the changes they were committed as, and the commits. */
export const changeLaws: readonly Law[] = [
  {
    name: "versions read as changes are what was committed",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b] = [build.root({ payload: { text: "a" } }), build.root()];
      const first = build.root({ payload: { n: 1 }, edges: [edge("list", "a", a), edge("list", "b", b), edge("one", "", a)] });
      const second = build.next(first, { edges: [edge("list", "a", null), edge("list", "b", a), edge("list", "c", b)] });
      const third = build.next(second, { payload: { n: 2 } });
      const fourth = build.next(third, { payload: { n: 2 }, edges: [edge("list", "b", null), edge("one", "", null)] });
      const branch = build.next(second, { onStaleParent: "branch", edges: [edge("list", "b", null), edge("new", "", b)] });
      const twig = build.next(branch, { edges: [edge("list", "b", b), edge("new", "", null)] });
      const versions = [a, b, first, second, third, fourth, branch, twig];
      await expectCommitted(storage.commit(build.commit([a, b, first, second])));
      for (const version of [third, fourth, branch, twig]) await expectCommitted(storage.commit(build.commit([version])));
      const changes = await storage.loadChanges([...versions.map(({ ecsId }) => ecsId), build.id(), "x", first.ecsId]);
      assert.equal(changes.length, versions.length);
      for (const version of versions) {
        const change = changes.find(({ ecsId }) => ecsId === version.ecsId);
        assert.ok(change);
        const { payload, edges, parentId, lineageId } = change;
        assert.deepEqual({ payload, edges, parentId, lineageId }, expected(version));
      }
      assert.deepEqual(await storage.loadChanges([]), []);
    },
  },
  {
    name: "commits read back with their time, actor and message",
    async check({ storage }) {
      const build = new CommitBuilder();
      const full = build.commit([build.root()], { actor: "me", message: "say 'hi'", createdAt: new Date("2031-02-03T04:05:06.789Z") });
      const empty = build.commit([build.root()], { idempotencyKey: "key" });
      await expectCommitted(storage.commit(full));
      await expectCommitted(storage.commit(empty));
      const found = await storage.loadCommits([empty.id, full.id, build.id(), "x", full.id]);
      const header = ({ id, createdAt, actor, message }: typeof full) => ({ id, createdAt, actor, message });
      const byTime = found.toSorted((x, y) => x.createdAt.getTime() - y.createdAt.getTime());
      assert.deepEqual(byTime, [header(empty), header(full)]);
    },
  },
];

function expected({ payload, edges, parentId, lineageId }: NewVersion): object {
  const sorted = edges.toSorted((x, y) => (`${x.field}/${x.slot}` < `${y.field}/${y.slot}` ? -1 : 1));
  return { payload, edges: sorted, parentId, lineageId };
}
