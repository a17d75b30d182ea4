import assert from "node:assert/strict";
import { type Commit, type CommitOutcome, type EdgeChange, type EntityStorage, type NewVersion, StorageError } from "@minference/ecs";
import fc from "fast-check";
import { CommitBuilder } from "../commit-builder.ts";
import { canonical } from "../expectations.ts";
import type { Law } from "../law.ts";
import { NaiveStorage } from "../naive-storage.ts";

interface Step {
  readonly kind: "root" | "append" | "insert" | "move" | "remove" | "rewrite" | "branch" | "several" | "broken";
  readonly target: number;
  readonly child: number;
  readonly place: number;
  readonly policy: "reject" | "branch";
  readonly together: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("root", "append", "append", "append", "insert", "move", "remove", "rewrite", "branch", "several", "broken"),
  target: fc.nat(),
  child: fc.nat(),
  place: fc.nat(),
  policy: fc.constantFrom("reject", "branch", "branch"),
  together: fc.boolean(),
});

/** Random histories, compared with a store that keeps a full copy of every version. */
export const randomProgramLaws: readonly Law[] = [
  {
    name: "random programs of appends, inserts, moves, removals and branches end as in the naive storage",
    async check({ storage }, randomShare) {
      let space = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
          space += 1;
          await runProgram(storage, space, steps);
        }),
        { numRuns: Math.ceil(30 * randomShare), seed: 20_240_607, endOnFailure: true },
      );
      assert.deepEqual(await storage.verify(), []);
    },
  },
];

/** Carries out one program on the storage and on the naive one, and compares outcomes and everything that can be read. */
async function runProgram(storage: EntityStorage, space: number, steps: readonly Step[]): Promise<void> {
  const program = new Program(space);
  let waiting: Promise<unknown>[] = [];
  for (const current of steps) {
    const commit = program.commitFor(current);
    const expected = await settle(program.oracle.commit(commit));
    program.learn(commit, expected);
    const found = settle(storage.commit(commit)).then((outcome) => assert.deepEqual(outcome, expected));
    waiting.push(found);
    if (!current.together) await Promise.all(waiting);
    if (!current.together) waiting = [];
  }
  await Promise.all(waiting);
  await compare(storage, program);
  const policy = { keepLast: 2, types: [program.type] };
  const { pruned } = await program.oracle.prune(policy);
  assert.equal((await storage.prune({ ...policy, dryRun: true })).pruned, pruned);
  assert.equal((await storage.prune(policy)).pruned, pruned);
  await compare(storage, program);
}

async function compare(storage: EntityStorage, program: Program): Promise<void> {
  const { oracle } = program;
  const ids = program.known.map(({ ecsId }) => ecsId);
  assert.deepEqual(canonical(await storage.loadVersions(ids)), canonical(await oracle.loadVersions(ids)));
  assert.deepEqual(canonical(await storage.loadChanges(ids)), canonical(await oracle.loadChanges(ids)));
  for (const id of ids.filter((_, index) => index % 3 === 0)) {
    assert.deepEqual(canonical(await storage.loadTrees([id])), canonical(await oracle.loadTrees([id])));
  }
  for (const lineageId of new Set(program.known.map((version) => version.lineageId))) {
    assert.deepEqual(await storage.lineage(lineageId), await oracle.lineage(lineageId));
    assert.deepEqual(await storage.heads(lineageId), await oracle.heads(lineageId));
  }
  for (const ecsId of ids) assert.deepEqual(await storage.children(ecsId), await oracle.children(ecsId));
  for (const versions of ["heads", "all"] as const) {
    for (const held of [ids.slice(0, 1), ids.slice(-2)]) {
      const referrers = { ecsIds: held, versions, limit: 10_000 };
      assert.deepEqual(await storage.referrers(referrers), await oracle.referrers(referrers));
    }
    const query = { types: [program.type], versions, limit: 10_000 };
    assert.deepEqual(await storage.list(query), await oracle.list(query));
  }
}

/** A program under way: the naive storage it runs on and the versions it may refer to. */
class Program {
  readonly oracle = new NaiveStorage();
  readonly known: NewVersion[] = [];
  readonly type: string;
  readonly #build: CommitBuilder;
  readonly #edges = new Map<string, Map<string, string>>();

  constructor(space: number) {
    this.#build = new CommitBuilder(space);
    this.type = `Type ${space}`;
  }

  commitFor(step: Step): Commit {
    const parent = this.known[step.target % Math.max(1, this.known.length)];
    const child = this.known[step.child % Math.max(1, this.known.length)];
    if (parent === undefined || child === undefined || step.kind === "root") return this.#build.commit([this.#root(step, child)]);
    const version = this.#next(step, parent, child);
    if (step.kind === "several") return this.#several(step, version, child);
    if (step.kind !== "broken") return this.#build.commit([version]);
    return this.#build.commit([this.#build.root({ type: this.type }), this.#breakIt(step, version)]);
  }

  /** Remembers the versions of a commit that was stored. */
  learn(commit: Commit, outcome: CommitOutcome | string): void {
    if (typeof outcome === "string" || outcome.status !== "committed") return;
    for (const version of commit.versions) {
      const held = new Map(version.parentId === null ? [] : this.#edges.get(version.parentId));
      for (const { field, slot, child } of version.edges) {
        if (child === null) held.delete(`${field}/${slot}`);
        else held.set(`${field}/${slot}`, child);
      }
      this.#edges.set(version.ecsId, held);
      this.known.push(version);
    }
  }

  #root(step: Step, child: NewVersion | undefined): NewVersion {
    const edges = child === undefined ? [] : [{ field: "list", slot: slotAt(step.place), child: child.ecsId }];
    return this.#build.root({ type: this.type, payload: { place: step.place }, edges });
  }

  #next(step: Step, parent: NewVersion, child: NewVersion): NewVersion {
    return this.#build.next(parent, {
      payload: step.kind === "rewrite" ? { place: step.place, text: "rewritten" } : null,
      edges: this.#changes(step, parent, child.ecsId),
      onStaleParent: step.kind === "branch" ? "branch" : step.policy,
    });
  }

  #changes(step: Step, parent: NewVersion, child: string): EdgeChange[] {
    const held = [...(this.#edges.get(parent.ecsId) ?? [])].map(([key, id]) => ({
      slot: key.slice(key.indexOf("/") + 1),
      field: key.slice(0, key.indexOf("/")),
      child: id,
    }));
    const picked = held[step.place % Math.max(1, held.length)];
    if (step.kind === "rewrite") return [];
    if (step.kind === "remove" && picked !== undefined) return [{ ...picked, child: null }];
    if (step.kind === "move" && picked !== undefined) {
      const slot = slotAt(step.place + 1);
      return slot === picked.slot
        ? [picked]
        : [
            { ...picked, child: null },
            { ...picked, slot },
          ];
    }
    return [{ field: step.kind === "insert" ? "record" : "list", slot: slotAt(step.place), child }];
  }

  #several(step: Step, version: NewVersion, child: NewVersion): Commit {
    const created = this.#build.root({ type: this.type, edges: [{ field: "back", slot: "", child: version.ecsId }] });
    const cyclic = { ...version, edges: [{ field: "cycle", slot: "", child: created.ecsId }, ...version.edges] };
    const after = this.#build.next(cyclic, { edges: [{ field: "cycle", slot: "", child: step.place % 2 === 0 ? null : child.ecsId }] });
    const beside = this.#build.next(cyclic, { onStaleParent: "branch", edges: [{ field: "cycle", slot: "", child: after.ecsId }] });
    return this.#build.commit([created, cyclic, after, beside]);
  }

  #breakIt(step: Step, version: NewVersion): NewVersion {
    if (step.place % 3 === 0) return { ...version, parentId: this.#build.id() };
    if (step.place % 3 === 1) return { ...version, ecsId: version.parentId ?? version.ecsId };
    return { ...version, edges: [{ field: "list", slot: "", child: this.#build.id() }] };
  }
}

function slotAt(place: number): string {
  return `a${(place % 7).toString(36)}`;
}

async function settle(outcome: Promise<CommitOutcome>): Promise<CommitOutcome | string> {
  try {
    return await outcome;
  } catch (error) {
    if (!StorageError.is(error)) throw error;
    return error.code;
  }
}
