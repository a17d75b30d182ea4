import { Entity, type NewVersion, ref } from "@minference/ecs";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { testDatabases } from "./databases.ts";

class Note extends Entity.define("Note", { text: z.string() }) {}

class Book extends Entity.define("Book", {
  title: z.string(),
  pages: z.array(ref(() => Note)).default([]),
  named: z
    .record(
      z.string(),
      ref(() => Note),
    )
    .default({}),
  cover: ref(() => Note)
    .nullable()
    .default(null),
}) {}

const steps = fc.array(
  fc.record({
    /** Which of the versions so far is the parent. */
    parent: fc.nat(1_000),
    renamed: fc.boolean(),
    changes: fc.array(
      fc.record({
        field: fc.constantFrom("pages", "named", "cover"),
        slot: fc.constantFrom("a", "b", "c", "é'"),
        note: fc.option(fc.nat(3), { nil: null }),
      }),
      { maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);

describe.each(await testDatabases())("views on $name", ({ newStore }) => {
  test("show what each version holds, whatever was changed, emptied and branched", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Book, Note] });
    let space = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (program) => {
        space += 1;
        const build = new CommitBuilder(space);
        const notes = Array.from({ length: 4 }, (_, index) => build.root({ type: "Note", payload: { text: String(index) } }));
        const versions: NewVersion[] = [build.root({ type: "Book", payload: { title: "" } })];
        for (const { parent, renamed, changes } of program) {
          const from = versions[parent % versions.length];
          if (from === undefined) throw new Error("There is no parent");
          const edges = changes.map(({ field, slot, note }) =>
            edge(field, field === "cover" ? "" : slot, note === null ? null : (notes[note] ?? null)),
          );
          const distinct = new Map(edges.map((each) => [`${each.field} ${each.slot}`, each]));
          const payload = renamed ? { title: String(versions.length) } : null;
          versions.push(build.next(from, { payload, edges: [...distinct.values()], onStaleParent: "branch" }));
        }
        await storage.commit(build.commit([...notes, ...versions]));

        const ids = versions.map(({ ecsId }) => ecsId);
        const stored = new Map((await storage.loadVersions(ids)).map((version) => [version.ecsId, version]));
        const shown = await store.query(`
          select b.ecs_id, b.title, c.ecs_id as cover from book_versions b left join note_versions c on c.vid = b.cover_vid
          where b.ecs_id in (${ids.map((id) => `'${id}'`).join(", ")})`);
        expect(new Map(shown.map(({ ecs_id, title, cover }) => [ecs_id, { title, cover }]))).toEqual(
          new Map(
            Array.from(stored, ([id, { payload, edges }]) => [
              id,
              { title: payload["title"], cover: edges.find(({ field }) => field === "cover")?.child ?? null },
            ]),
          ),
        );
        const held = await store.query(`
          select b.ecs_id, 'pages' as field, m.position, m.slot, n.ecs_id as child
            from book_versions b join book_pages m on m.vid = b.vid join note_versions n on n.vid = m.child_vid
          union all select b.ecs_id, 'named', m.position, m.slot, n.ecs_id
            from book_versions b join book_named m on m.vid = b.vid join note_versions n on n.vid = m.child_vid
          order by 1, 2, 3`);
        const expected = Array.from(stored, ([id, { edges }]) =>
          Object.entries(Object.groupBy(edges, ({ field }) => field)).flatMap(([field, members = []]) =>
            field === "cover" ? [] : members.map(({ slot, child }, position) => [id, field, position, slot, child].join(" ")),
          ),
        ).flat();
        const found = held
          .filter(({ ecs_id }) => stored.has(String(ecs_id)))
          .map(({ ecs_id, field, position, slot, child }) => [ecs_id, field, position, slot, child].join(" "));
        expect(found.toSorted()).toEqual(expected.toSorted());

        const heads = await storage.loadHeads(versions.slice(0, 1).map(({ lineageId }) => lineageId));
        const latest = await store.query(`select ecs_id from book_latest where lineage_id = '${versions[0]?.lineageId}'`);
        expect(latest.map(({ ecs_id }) => ecs_id).toSorted()).toEqual(heads.map(({ ecsId }) => ecsId).toSorted());
      }),
      { numRuns: 25 },
    );
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });
});
