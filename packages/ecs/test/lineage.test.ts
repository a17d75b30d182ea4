import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { type Blame, Entity, EntityRegistry, type LineageNode, lineageTree, ref, type StoredVersion } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Note extends Entity.define("Note", { text: z.string() }) {}
class Board extends Entity.define("Board", {
  title: z.string().default(""),
  owner: z.string().default("nobody"),
  notes: z.array(ref(() => Note)).default([]),
  pinned: ref(() => Note)
    .nullable()
    .default(null),
  byKey: z
    .record(
      z.string(),
      ref(() => Note),
    )
    .default({}),
  words: z.array(z.string()).default([]),
}) {}

interface SetUp {
  readonly storage: CopyingStorage;
  readonly registry: EntityRegistry;
  /** Moves the clock that commits are stamped with. */
  readonly at: (time: string) => void;
}

function setUp(): SetUp {
  const storage = new CopyingStorage();
  let now = new Date("2026-01-01T00:00:00Z");
  const registry = new EntityRegistry(storage, { now: () => now });
  return { storage, registry, at: (time) => (now = new Date(time)) };
}

function ids(versions: readonly { readonly ecsId: string }[]): string[] {
  return versions.map(({ ecsId }) => ecsId);
}

/** A board with a first version, two branches that come from it, and their merge. */
async function merged({ registry, at }: SetUp): Promise<{ first: string; mine: string; theirs: string; last: string; board: Board }> {
  const board = new Board({ title: "a" });
  await registry.register(board);
  const first = board.ecsId;
  const mine = await registry.get(Board, first);
  at("2026-01-02T00:00:00Z");
  board.title = "theirs";
  await registry.register(board);
  at("2026-01-03T00:00:00Z");
  mine.owner = "me";
  mine.notes.push(new Note({ text: "mine" }));
  await registry.register(mine, { onConflict: "branch" });
  at("2026-01-04T00:00:00Z");
  const last = await registry.merge(Board, { ours: mine.ecsId, theirs: board.ecsId });
  return { first, mine: mine.ecsId, theirs: board.ecsId, last: last.ecsId, board: last };
}

describe("lineages", () => {
  it("are told in the order they were stored, and arranged as a tree with its merges", async () => {
    const given = setUp();
    const { first, mine, theirs, last, board } = await merged(given);
    const lineage = await given.registry.lineage(board.lineageId);
    expect(ids(lineage.versions)).toEqual([first, theirs, mine, last]);
    const tree = lineageTree(lineage);
    const shape = ({ version, children }: LineageNode): unknown => [version.ecsId, ...children.map(shape)];
    expect(tree.roots.map(shape)).toEqual([[first, [theirs, [last]], [mine]]]);
    expect(Array.from(tree.nodes.keys())).toEqual(ids(lineage.versions));
    const marked = (property: "isMerge" | "isHead"): string[] =>
      Array.from(tree.nodes.values()).flatMap((node) => (node[property] ? [node.version.ecsId] : []));
    expect(marked("isMerge")).toEqual([last]);
    expect(marked("isHead")).toEqual([mine, last]);
    expect(ids(tree.nodes.get(mine)?.mergedInto ?? [])).toEqual([last]);
  });

  it("are arranged without recursion, and with several roots where ancestors were pruned", () => {
    const common = {
      lineageId: "l",
      type: "T",
      schemaVersion: 1,
      mergeParentId: null,
      createdAt: new Date(0),
      commitId: "c",
      redacted: false,
    };
    const versions = Array.from({ length: 50_000 }, (_, index) => ({
      ...common,
      ecsId: `v${index}`,
      parentId: index % 25_000 === 0 ? null : `v${index - 1}`,
    }));
    const { roots } = lineageTree({ lineageId: "l", versions, heads: versions.slice(-1) });
    expect(roots.map(({ version }) => version.ecsId)).toEqual(["v0", "v25000"]);
    let depth = 0;
    for (let node = roots[1]; node !== undefined; node = node.children[0]) depth++;
    expect(depth).toBe(25_000);
  });

  it("tell what came from a version, merges included, and who holds it", async () => {
    const given = setUp();
    const { registry } = given;
    const { first, mine, theirs, last, board } = await merged(given);
    expect(ids(await registry.successors(first))).toEqual([theirs, mine]);
    expect(ids(await registry.successors(mine))).toEqual([last]);
    expect(await registry.successors(last)).toEqual([]);
    await expect(registry.successors(crypto.randomUUID())).rejects.toMatchObject({ code: "not_found" });

    const [note] = board.notes;
    if (note === undefined) throw new Error("no note");
    expect(ids((await registry.referrers(note.ecsId)).items).toSorted()).toEqual([mine, last].toSorted());
    board.title = "once more";
    await registry.register(board);
    const all: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof registry.referrers>> = await registry.referrers([note.ecsId], {
        versions: "all",
        limit: 1,
        ...(after === null ? {} : { after }),
      });
      expect(page.items).toHaveLength(1);
      all.push(...ids(page.items));
      after = page.next;
    } while (after !== null);
    expect(all.toSorted()).toEqual([mine, last, board.ecsId].toSorted());
  });
});

describe("latest and asOf", () => {
  it("load the version stored last, whatever the clocks say, and what there was at a moment", async () => {
    const { registry, at } = setUp();
    const board = new Board({ title: "1" });
    await registry.register(board);
    const copy = await registry.get(Board, board.ecsId);
    at("2026-01-03T00:00:00Z");
    board.title = "2";
    await registry.register(board);
    at("2026-01-02T00:00:00Z");
    copy.title = "3, by a slow clock";
    await registry.register(copy, { onConflict: "branch" });

    const { lineageId } = board;
    expect((await registry.latest(Board, lineageId)).ecsId).toBe(copy.ecsId);
    const titleAt = async (time: string): Promise<string> => (await registry.asOf(Board, lineageId, new Date(time))).title;
    expect(await titleAt("2026-01-01T00:00:00Z")).toBe("1");
    expect(await titleAt("2026-01-01T23:59:59.999Z")).toBe("1");
    expect(await titleAt("2026-01-02T00:00:00Z")).toBe("3, by a slow clock");
    expect(await titleAt("2026-01-04T00:00:00Z")).toBe("3, by a slow clock");
    await expect(titleAt("2025-12-31T23:59:59.999Z")).rejects.toMatchObject({ code: "not_found" });
  });

  it("give objects to edit, which then branch from the version they show", async () => {
    const { registry, at } = setUp();
    const board = new Board({ title: "1" });
    await registry.register(board);
    at("2026-01-02T00:00:00Z");
    board.title = "2";
    await registry.register(board);
    const old = await registry.asOf(Board, board.lineageId, new Date("2026-01-01T12:00:00Z"));
    old.owner = "historian";
    await expect(registry.register(old)).rejects.toMatchObject({ code: "conflict" });
    await registry.register(old, { onConflict: "branch" });
    expect((await registry.latest(Board, board.lineageId)).owner).toBe("historian");
  });

  it("refuse what is not stored, and another class", async () => {
    const { registry } = setUp();
    const note = new Note({ text: "a" });
    await registry.register(note);
    await expect(registry.latest(Board, note.lineageId)).rejects.toMatchObject({ code: "wrong_type" });
    await expect(registry.latest(Note, note.ecsId.replace(/^0/, "1"))).rejects.toMatchObject({ code: "not_found" });
    await expect(registry.asOf(Note, crypto.randomUUID(), new Date())).rejects.toMatchObject({ code: "not_found" });
  });
});

function whoSet(blame: Blame): Record<string, unknown> {
  return Object.fromEntries(
    blame.fields.map(({ field, setBy, slots }) => [
      field,
      slots.length === 0 ? setBy.ecsId : [setBy.ecsId, ...slots.map((slot) => slot.setBy.ecsId)],
    ]),
  );
}

describe("blame", () => {
  it("names the version that set each field, and each element of a list", async () => {
    const { registry } = setUp();
    const [a, b, c] = ["a", "b", "c"].map((text) => new Note({ text }));
    if (a === undefined || b === undefined || c === undefined) throw new Error("no notes");
    const board = new Board({ notes: [a] });
    const versions: string[] = [];
    const step = async (edit: () => void): Promise<void> => {
      edit();
      await registry.register(board);
      versions.push(board.ecsId);
    };
    await step(() => {});
    await step(() => board.notes.push(b));
    await step(() => (board.title = "x"));
    await step(() => (b.text = "edited"));
    await step(() => (board.pinned = a));
    await step(() => board.notes.push(c));
    await step(() => board.notes.pop());
    const [one, , three, four, five, , seven] = versions;
    expect(whoSet(await registry.blame(board.ecsId))).toEqual({
      byKey: one,
      notes: [seven, one, four],
      owner: one,
      pinned: [five, five],
      title: three,
      words: one,
    });
  });

  it("goes back along the parent of a merge that something came from", async () => {
    const given = setUp();
    const { first, mine, theirs, last } = await merged(given);
    expect(whoSet(await given.registry.blame(last))).toEqual({
      byKey: first,
      notes: [mine, mine],
      owner: mine,
      pinned: first,
      title: theirs,
      words: first,
    });
  });

  it("reads the changes of a long history in batches, and nothing below", async () => {
    const { registry, storage } = setUp();
    const board = new Board({});
    await registry.register(board);
    for (let index = 1; index < 520; index++) {
      if (index % 10 === 0) board.notes.push(new Note({ text: String(index) }));
      board.title = String(index);
      await registry.register(board);
    }
    const changes = vi.spyOn(storage, "loadChanges");
    const trees = vi.spyOn(storage, "loadTrees");
    const blame = await registry.blame(board.ecsId);
    const notes = blame.fields.find(({ field }) => field === "notes");
    expect(notes?.slots.map(({ child }) => child)).toEqual(ids(board.notes));
    const { versions } = await registry.lineage(board.lineageId);
    expect(ids(notes?.slots.map(({ setBy }) => setBy) ?? [])).toEqual(ids(versions.filter((_, index) => index > 0 && index % 10 === 0)));
    expect(changes).toHaveBeenCalledTimes(2);
    expect(changes.mock.calls.flatMap(([batch]) => batch)).toEqual(ids(versions));
    expect(trees).not.toHaveBeenCalled();
  });

  it("agrees with walking from parent to parent, for random edits and merges of random branches", async () => {
    const keys = ["k", "l"];
    const edit = fc.record({
      from: fc.nat({ max: 30 }),
      what: fc.nat({ max: 8 }),
      where: fc.nat({ max: 5 }),
      text: fc.constantFrom("x", "y"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 14 }), async (edits) => {
        const { registry, storage } = setUp();
        const start = new Board({ notes: [new Note({ text: "0" })] });
        await registry.register(start);
        const versions = [start.ecsId];
        for (const { from, what, where, text } of edits) {
          const board = await registry.get(Board, versions[from % versions.length] ?? "");
          if (what > 6) {
            const { heads } = await registry.lineage(start.lineageId);
            const theirs = heads[where % heads.length]?.ecsId ?? "";
            const { ecsId } = await registry.merge(Board, { ours: board.ecsId, theirs }, { resolve: ({ ours }) => ours });
            if (!versions.includes(ecsId)) versions.push(ecsId);
            continue;
          }
          const at = where % (board.notes.length + 1);
          const note = board.notes[at];
          if (what === 0) board.title = text;
          else if (what === 1) board.notes.splice(at, 0, new Note({ text }));
          else if (what === 2) board.notes.splice(at, 1);
          else if (what === 3 && note !== undefined) note.text += text;
          else if (what === 4) board.pinned = note ?? null;
          else if (what === 5 && note !== undefined) board.byKey[keys[where % 2] ?? ""] = note;
          else board.words.push(text);
          await registry.register(board, { onConflict: "branch" });
          versions.push(board.ecsId);
        }
        const stored = new Map((await storage.loadVersions(versions)).map((version) => [version.ecsId, version]));
        const holds = (version: StoredVersion | undefined, field: string, slot: string): string | undefined =>
          version?.edges.find((edge) => edge.field === field && edge.slot === slot)?.child;
        for (const version of stored.values()) {
          const { fields } = await registry.blame(version.ecsId);
          const firstWith = (same: (candidate: StoredVersion) => boolean): string => {
            let found = version;
            for (let next: StoredVersion | undefined = version; next !== undefined; ) {
              found = next;
              next = [found.parentId, found.mergeParentId].flatMap((id) => stored.get(id ?? "") ?? []).find(same);
            }
            return found.ecsId;
          };
          expect(fields.map(({ field }) => field)).toEqual(["byKey", "notes", "owner", "pinned", "title", "words"]);
          for (const { field, setBy, slots } of fields) {
            const content = (of: StoredVersion): string =>
              JSON.stringify([of.payload[field], of.edges.filter((edge) => edge.field === field)]);
            expect(setBy.ecsId).toBe(firstWith((candidate) => content(candidate) === content(version)));
            expect(slots.map(({ slot, child }) => ({ field, slot, child }))).toEqual(version.edges.filter((edge) => edge.field === field));
            for (const slot of slots) {
              expect(slot.setBy.ecsId).toBe(firstWith((candidate) => holds(candidate, field, slot.slot) === slot.child));
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("diff", () => {
  it("tells list operations by element, next to the slots", async () => {
    const { registry } = setUp();
    const notes = ["a", "b", "c", "d"].map((text) => new Note({ text }));
    const board = new Board({ notes, words: ["one", "two", "three"] });
    await registry.register(board);
    const [a, b, c, d] = ids(notes);
    const before = board.ecsId;
    const [first, second] = board.notes;
    if (first === undefined || second === undefined) throw new Error("no notes");
    board.notes.splice(0, 1);
    board.notes.push(first);
    board.notes.splice(1, 1);
    second.text = "edited";
    const added = new Note({ text: "e" });
    board.notes.splice(0, 0, added);
    board.words.splice(1, 1, "deux");
    await registry.register(board);
    expect(board.notes.map(({ text }) => text)).toEqual(["e", "edited", "d", "a"]);
    const diff = await registry.diff(before, board.ecsId);
    expect(diff.lists.map(({ field }) => field)).toEqual(["notes", "words"]);
    expect(diff.lists[0]?.operations).toEqual([
      { op: "insert", index: 0, element: added.ecsId },
      { op: "replace", index: 1, before: b, after: second.ecsId },
      { op: "remove", index: 2, element: c },
      { op: "move", from: 0, to: 3, element: a },
    ]);
    expect(diff.changes.some((change) => change.kind === "reference" && change.before === d)).toBe(false);
    expect(diff.lists[1]?.operations).toEqual([{ op: "replace", index: 1, before: "two", after: "deux" }]);
    expect((await registry.diff(before, before)).lists).toEqual([]);
    expect((await new EntityRegistry(registry.storage).diff(before, board.ecsId)).lists).toEqual([]);
  });

  it("follows an entity that was moved and changed at once", async () => {
    const { registry } = setUp();
    const notes = ["a", "b", "c"].map((text) => new Note({ text }));
    const [a] = notes;
    if (a === undefined) throw new Error("no note");
    const board = new Board({ notes });
    await registry.register(board);
    const [from, before] = [board.ecsId, a.ecsId];
    board.notes.shift();
    board.notes.push(a);
    board.notes.unshift(new Note({ text: "new" }));
    a.text = "edited";
    await registry.register(board);
    const [list] = (await registry.diff(from, board.ecsId)).lists;
    expect(list?.operations).toEqual([
      { op: "insert", index: 0, element: board.notes[0]?.ecsId },
      { op: "move", from: 0, to: 3, element: before },
      { op: "replace", index: 3, before, after: a.ecsId },
    ]);
  });

  it("gives list operations that lead from one list to the other", async () => {
    const edit = fc.record({ at: fc.nat({ max: 6 }), take: fc.nat({ max: 3 }), put: fc.nat({ max: 2 }), back: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 5 }), async (edits) => {
        const { registry } = setUp();
        const board = new Board({ notes: Array.from({ length: 5 }, (_, index) => new Note({ text: String(index) })) });
        await registry.register(board);
        const [from, before] = [board.ecsId, ids(board.notes)];
        for (const { at, take, put, back } of edits) {
          const taken = board.notes.splice(at, take, ...Array.from({ length: put }, () => new Note({ text: "new" })));
          if (back) board.notes.push(...taken);
          const [first] = board.notes;
          if (first !== undefined && put === 0) first.text += "!";
        }
        await registry.register(board);
        const operations = (await registry.diff(from, board.ecsId)).lists.flatMap((list) => list.operations);
        const gone = new Set(operations.flatMap((one) => (one.op === "remove" ? [one.index] : one.op === "move" ? [one.from] : [])));
        const replaced = new Map(operations.flatMap((one) => (one.op === "replace" ? [[one.before, one.after]] : [])));
        const come = new Map(
          operations.flatMap((one) =>
            one.op === "insert" ? [[one.index, one.element]] : one.op === "move" ? [[one.to, one.element]] : [],
          ),
        );
        const stayed = before.filter((_, index) => !gone.has(index));
        const replayed = board.notes.map((_, index) => come.get(index) ?? stayed.shift() ?? "").map((id) => replaced.get(id) ?? id);
        expect([replayed, stayed]).toEqual([ids(board.notes), []]);
      }),
    );
  });

  it("compares versions of different branches", async () => {
    const given = setUp();
    const { mine, theirs } = await merged(given);
    const diff = await given.registry.diff(mine, theirs);
    expect(diff.changes.map(({ field }) => field)).toEqual(["notes", "owner", "title"]);
    expect(diff.lists).toMatchObject([{ field: "notes", operations: [{ op: "remove", index: 0 }] }]);
  });
});

describe("status", () => {
  it("tells the size of the store, what is on its way, and the known classes", async () => {
    const { registry, storage } = setUp();
    const gate = Promise.withResolvers<void>();
    storage.gate = gate.promise;
    const registering = registry.register(new Board({ notes: [new Note({ text: "a" })] }));
    expect(await registry.status()).toMatchObject({ commitsUnderWay: 1, classes: ["Board", "Note"], storage: { commits: 0 } });
    gate.resolve();
    await registering;
    expect(await registry.status()).toMatchObject({ commitsUnderWay: 0, storage: { commits: 1, versions: 2 } });
  });
});
