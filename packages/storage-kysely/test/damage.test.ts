import { type Damage, type DamageKind } from "@minference/ecs";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { testDatabases } from "./databases.ts";

interface DoneByHand {
  readonly name: string;
  readonly kind: DamageKind;
  /** What somebody did to the tables. */
  readonly statement: string;
}

const damages: readonly DoneByHand[] = [
  { name: "a child that is gone", kind: "dangling_edge", statement: "delete from version where vid in (select child_vid from edge)" },
  {
    name: "a version missing from the middle of a chain",
    kind: "dangling_parent",
    statement: "delete from version where seq = 3 and parent_vid is not null",
  },
  {
    name: "a version missing from the middle of a chain, and the next linked past it",
    kind: "sequence_gap",
    statement: "update version set parent_vid = null where seq = 4",
  },
  { name: "the last versions of a chain gone", kind: "edge_range", statement: "delete from version where seq >= 3" },
  { name: "a branch point that is gone", kind: "dangling_fork", statement: "delete from version where seq = 2 and payload is null" },
  {
    name: "a chain that is empty",
    kind: "empty_chain",
    statement: "delete from version where chain in (select id from chain where parent_chain is not null)",
  },
  { name: "a payload changed", kind: "checksum", statement: `update version set payload = '{"text":"forged"}' where payload is not null` },
  {
    name: "a payload that is no object",
    kind: "payload",
    statement: "update version set payload = '[1]', checksum = null where payload is not null",
  },
  {
    name: "a payload shared with a version that has none",
    kind: "payload",
    statement: "update version set payload_of = vid where payload_of is not null",
  },
  {
    name: "a second parent that is gone",
    kind: "dangling_merge_parent",
    statement: "update version set merge_parent_vid = 999999 where seq = 4",
  },
  { name: "a mark that nothing is held where something is", kind: "edge_range", statement: "update version set holds_nothing = 1" },
  { name: "two children at once", kind: "edge_range", statement: "update edge set to_seq = 9 where to_seq is not null" },
];

describe.each(await testDatabases())("verifying a store on $name", ({ newStore }) => {
  test.each(damages)("finds $name", async ({ kind, statement }) => {
    const store = newStore();
    const storage = await store.open();
    const build = new CommitBuilder();
    const [a, b] = [build.root({ payload: { text: "secret" } }), build.root()];
    const first = build.root({ payload: { text: "secret" }, edges: [edge("list", "a", a)] });
    const second = build.next(first);
    const third = build.next(second, { edges: [edge("list", "a", b)] });
    const fourth = build.next(third, { edges: [edge("list", "b", a)] });
    const branch = build.next(second, { onStaleParent: "branch" });
    await storage.commit(build.commit([a, b, first, second, third, fourth, branch]));
    expect(await storage.verify()).toEqual([]);
    await store.tamper(statement);
    const found: readonly Damage[] = await storage.verify();
    expect(found.map((damage) => damage.kind)).toContain(kind);
    for (const { message } of found) {
      expect(message).toMatch(/^(?:Version|Lineage|Field) /);
      expect(message).not.toContain("secret");
    }
    await storage.close();
  });
});
