import assert from "node:assert/strict";
import { CommitBuilder } from "../commit-builder.ts";
import { expectCommitted, expectIds } from "../expectations.ts";
import type { Law } from "../law.ts";

/** A commit under a key that is stored already changes nothing. */
export const idempotencyLaws: readonly Law[] = [
  {
    name: "a commit under a stored key is a duplicate, whatever else it holds",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      const commit = build.commit([first], { idempotencyKey: "once 🔑", createdAt: new Date(5) });
      await expectCommitted(storage.commit(commit));
      const before = await storage.statistics();
      const duplicate = { status: "duplicate", commitId: commit.id, createdAt: new Date(5) };
      assert.deepEqual(await storage.commit(commit), duplicate);
      const other = build.commit([build.next(first)], { idempotencyKey: "once 🔑" });
      assert.deepEqual(await storage.commit(other), duplicate);
      const broken = build.commit([{ ...build.root(), parentId: build.id() }], { idempotencyKey: "once 🔑" });
      assert.deepEqual(await storage.commit(broken), duplicate);
      const after = await storage.statistics();
      assert.deepEqual({ ...after, bytes: 0 }, { ...before, bytes: 0 });
      expectIds(await storage.heads(first.lineageId), [first]);
    },
  },
  {
    name: "of commits issued together under one key the first is stored",
    async check({ storage }) {
      const build = new CommitBuilder();
      const commits = Array.from({ length: 20 }, () => build.commit([build.root()], { idempotencyKey: "together" }));
      const outcomes = await Promise.all(commits.map((commit) => storage.commit(commit)));
      const [first] = commits;
      assert.ok(first);
      assert.deepEqual(outcomes[0], { status: "committed" });
      for (const outcome of outcomes.slice(1)) {
        assert.deepEqual(outcome, { status: "duplicate", commitId: first.id, createdAt: first.createdAt });
      }
    },
  },
  {
    name: "a key is not used up by a commit that was refused",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      const broken = build.commit([{ ...first, parentId: build.id() }], { idempotencyKey: "again" });
      await assert.rejects(storage.commit(broken));
      await expectCommitted(storage.commit(build.commit([first], { idempotencyKey: "again" })));
    },
  },
  {
    name: "keys are compared exactly, and commits without a key never collide",
    async check({ storage }) {
      const build = new CommitBuilder();
      for (const idempotencyKey of ["key", "KEY", "key ", "", null, null]) {
        await expectCommitted(storage.commit(build.commit([build.root()], { idempotencyKey })));
      }
    },
  },
  {
    name: "a commit without versions is stored and holds its key",
    async check({ storage }) {
      const build = new CommitBuilder();
      const commit = build.commit([], { idempotencyKey: "empty" });
      await expectCommitted(storage.commit(commit));
      assert.equal((await storage.commit(build.commit([], { idempotencyKey: "empty" }))).status, "duplicate");
      assert.equal((await storage.statistics()).commits, 1);
    },
  },
];
