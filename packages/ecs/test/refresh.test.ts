import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";
import { canonical, Node, reachable, shallow } from "./graph-oracle.ts";

class Config extends Entity.define("Config", { model: z.string() }) {}
class Note extends Entity.define("Note", {
  text: z.string(),
  get next() {
    return ref(() => Note)
      .nullable()
      .default(null);
  },
}) {}
class Board extends Entity.define("Board", {
  title: z.string().default(""),
  config: ref(() => Config),
  notes: z.array(ref(() => Note)).default([]),
}) {}

let storage: CopyingStorage;
let registry: EntityRegistry;
/** Another process with the same store. */
let elsewhere: EntityRegistry;
beforeEach(() => {
  storage = new CopyingStorage();
  registry = new EntityRegistry(storage);
  elsewhere = new EntityRegistry(storage);
});

async function board(): Promise<Board> {
  const made = new Board({ config: new Config({ model: "small" }), notes: [new Note({ text: "a" }), new Note({ text: "b" })] });
  await registry.register(made);
  return made;
}

describe("refreshing", () => {
  it("shows children that moved on without their parent, which is then modified and pins them when registered", async () => {
    const mine = await board();
    const { config } = mine;
    const first = mine.ecsId;
    const other = await elsewhere.get(Config, config.ecsId);
    other.model = "large";
    await elsewhere.register(other);
    expect(mine.hasModifications()).toBe(false);
    await registry.refresh(mine);
    expect([mine.config, mine.config.model, mine.config.ecsId]).toEqual([config, "large", other.ecsId]);
    expect([mine.ecsId, mine.hasModifications(), config.hasModifications()]).toEqual([first, true, false]);
    expect(mine.modifications().map(({ entity, reason }) => [entity === mine, reason])).toEqual([[true, "reached"]]);
    await registry.refresh(mine);
    expect((await registry.register(mine)).versions).toBe(1);
    expect(mine.hasModifications()).toBe(false);
    expect((await registry.get(Board, mine.ecsId)).config.model).toBe("large");
    expect((await registry.get(Board, first)).config.model).toBe("small");
  });

  it("reaches children of any depth, in cycles and shared, through parents that moved on too", async () => {
    const mine = await board();
    const [a, b] = mine.notes;
    if (a === undefined || b === undefined) throw new Error("no notes");
    a.next = b;
    b.next = a;
    await registry.register(mine);
    const theirs = await elsewhere.get(Board, mine.ecsId);
    theirs.title = "theirs";
    await elsewhere.register(theirs);
    const theirB = await elsewhere.get(Note, b.ecsId);
    theirB.text = "moved on";
    theirB.next = new Note({ text: "new" });
    await elsewhere.register(theirB);
    await registry.refresh(mine);
    expect([mine.title, mine.ecsId, mine.notes[0], mine.notes[1]]).toEqual(["theirs", theirs.ecsId, a, b]);
    expect([a.next, b.text, b.next?.text, mine.hasModifications(), b.hasModifications()]).toEqual([b, "moved on", "new", true, false]);
    expect((await registry.register(mine)).versions).toBe(2);
    const again = await registry.get(Board, mine.ecsId);
    expect(again.notes[0]?.next).toBe(again.notes[1]);
    expect(again.notes[1]?.next?.text).toBe("new");
  });

  it("does not mind what is only modified by what moved on in memory, and refuses to lose edits below", async () => {
    const mine = await board();
    const [note] = mine.notes;
    if (note === undefined) throw new Error("no note");
    note.text = "registered alone";
    await registry.register(note);
    expect(mine.hasModifications()).toBe(true);
    await registry.refresh(mine);
    expect([mine.notes[0], note.text, mine.hasModifications()]).toEqual([note, "registered alone", true]);
    note.text = "edit";
    await expect(registry.refresh(mine)).rejects.toMatchObject({ code: "has_modifications" });
    note.revert();
    mine.notes.push(new Note({ text: "new" }));
    await expect(registry.refresh(mine)).rejects.toMatchObject({ code: "has_modifications" });
  });

  it("stays on the branch of what is shown", async () => {
    const mine = await board();
    const copy = await elsewhere.get(Board, mine.ecsId);
    copy.title = "main";
    await elsewhere.register(copy);
    mine.title = "branch";
    await registry.register(mine, { onConflict: "branch" });
    const branched = await elsewhere.get(Board, mine.ecsId);
    branched.title = "branch, later";
    await elsewhere.register(branched);
    copy.title = "main, last of all";
    await elsewhere.register(copy);
    await registry.refresh(mine);
    expect([mine.title, mine.ecsId]).toEqual(["branch, later", branched.ecsId]);
  });

  it("keeps two versions of one entity apart when the stored tree holds both", async () => {
    const one = new Note({ text: "one" });
    const mine = new Board({ config: new Config({ model: "m" }), notes: [one] });
    await registry.register(mine);
    const old = await registry.get(Note, one.ecsId);
    one.text = "two";
    mine.notes.push(old);
    await registry.register(mine);
    expect(mine.notes.map(({ text }) => text)).toEqual(["two", "one"]);
    const copy = await elsewhere.get(Board, mine.ecsId);
    copy.title = "theirs";
    copy.notes.push(new Note({ text: "three" }));
    await elsewhere.register(copy);
    const latest = await registry.get(Board, mine.ecsId);
    await registry.refresh(mine, { children: "pinned" });
    expect(mine.notes.map(({ text }) => text)).toEqual(["two", "one", "three"]);
    expect([mine.title, mine.notes[0], mine.notes[1], mine.hasModifications()]).toEqual(["theirs", one, old, false]);
    await registry.refresh(latest);
    expect(latest.notes.map(({ text }) => text)).toEqual(["two", "two", "three"]);
    expect([latest.notes[0] === latest.notes[1], latest.hasModifications()]).toEqual([true, true]);
    await registry.register(latest);
    expect((await registry.get(Board, latest.ecsId)).notes.map(({ text }) => text)).toEqual(["two", "two", "three"]);
  });

  it("costs the same however long the history is", async () => {
    const mine = await board();
    const theirs = await elsewhere.get(Board, mine.ecsId);
    const calls = async (): Promise<string[]> => {
      const made: string[] = [];
      const observed = new Proxy(storage, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== "function") return value;
          return (...args: readonly unknown[]): unknown => {
            made.push(`${String(key)} ${Array.isArray(args[0]) ? args[0].length : 1}`);
            return Reflect.apply(value, target, args);
          };
        },
      });
      const watched = new EntityRegistry(observed);
      const copy = await watched.get(Board, mine.ecsId);
      made.length = 0;
      await watched.refresh(copy);
      expect(copy.title).toBe(theirs.title);
      return made;
    };
    theirs.title = "one step";
    await elsewhere.register(theirs);
    const short = await calls();
    for (let step = 0; step < 50; step++) {
      theirs.title = `step ${step}`;
      await elsewhere.register(theirs);
    }
    expect(await calls()).toEqual(short);
    expect(short.filter((call) => call.startsWith("lineage"))).toEqual([]);
  });

  it("waits for what is on its way to the store, and refuses what is not stored", async () => {
    const mine = await board();
    const gate = Promise.withResolvers<void>();
    storage.gate = gate.promise;
    mine.title = "on its way";
    const registering = registry.register(mine);
    const refreshing = registry.refresh(mine);
    gate.resolve();
    await registering;
    await refreshing;
    expect([mine.title, mine.hasModifications(), (await registry.lineage(mine.lineageId)).heads[0]?.ecsId]).toEqual([
      "on its way",
      false,
      mine.ecsId,
    ]);
    await expect(registry.refresh(new Note({ text: "new" }))).rejects.toMatchObject({ code: "not_found" });
    await registry.clear();
    await expect(registry.refresh(mine)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("refreshing what changes meanwhile", () => {
  it("does not go back behind what is registered and stored while it reads", async () => {
    const mine = await board();
    const read = storage.loadTrees.bind(storage);
    let meanwhile: (() => Promise<unknown>) | null = async () => {
      mine.title = "meanwhile";
      await registry.register(mine);
    };
    storage.loadTrees = async (ecsIds) => {
      const versions = await read(ecsIds);
      const run = meanwhile;
      meanwhile = null;
      await run?.();
      return versions;
    };
    await registry.refresh(mine);
    const { heads } = await registry.lineage(mine.lineageId);
    expect([mine.title, mine.hasModifications(), heads.map(({ ecsId }) => ecsId)]).toEqual(["meanwhile", false, [mine.ecsId]]);
  });

  it("leaves cold snapshots as they are, also below: what moved on takes their place", async () => {
    const { config } = await board();
    const cold = await registry.getColdSnapshot(Config, config.ecsId);
    const holder = new Board({ config: cold, notes: [] });
    await registry.register(holder);
    config.model = "large";
    await registry.register(config);
    await expect(registry.refresh(cold)).rejects.toMatchObject({ code: "frozen" });
    await registry.refresh(holder);
    expect([cold.model, holder.config.model, holder.hasModifications()]).toEqual(["small", "large", true]);
    holder.config.model = "editable";
    await registry.register(holder);
    expect((await registry.get(Board, holder.ecsId)).config.model).toBe("editable");
  });

  it("shows one object where two versions of an entity have become one", async () => {
    class Shelf extends Entity.define("Shelf", { note: ref(() => Note), board: ref(() => Board) }) {}
    const older = new Note({ text: "old" });
    const held = new Board({ config: new Config({ model: "small" }), notes: [older] });
    await registry.register(held);
    const newer = await registry.get(Note, older.ecsId);
    newer.text = "new";
    await registry.register(newer);
    const shelf = new Shelf({ note: newer, board: held });
    await registry.register(shelf);
    await registry.refresh(shelf);
    expect(shelf.board.notes[0]).toBe(shelf.note);
    shelf.note.text = "both";
    await registry.register(shelf);
    const again = await registry.get(Shelf, shelf.ecsId);
    expect([again.note.text, again.board.notes[0]?.text]).toEqual(["both", "both"]);
  });
});

describe("refreshing after random edits of others", () => {
  const number = fc.nat({ max: 5 });
  const edit = fc.record({
    on: number,
    to: number,
    what: fc.constantFrom("value", "kids", "next", "drop", "new"),
    by: fc.constantFrom("others", "others", "myself alone", "refresh"),
  });
  const byLineage = ({ lineageId }: Node): string => lineageId;

  /** What the last versions of all entities make up together, found one by one. */
  async function latestTogether(store: EntityRegistry, rootId: string): Promise<string> {
    const lines = new Map<string, string>();
    const open = [rootId];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (lines.has(id)) continue;
      const node = await store.latest(Node, id);
      lines.set(id, `${id}: ${shallow(node, byLineage)}`);
      open.push(...node.kids.map(byLineage), ...(node.next === null ? [] : [node.next.lineageId]));
    }
    return [rootId, ...Array.from(lines.values()).toSorted()].join("\n");
  }

  it("shows what the last versions of all entities make up together, keeps objects, and stores exactly that", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 15 }), async (edits) => {
        const shared = new CopyingStorage();
        const [here, there] = [new EntityRegistry(shared), new EntityRegistry(shared)];
        // Each may refer to those after it only, so that an edit makes a version of nothing else.
        const nodes = Array.from({ length: 6 }, (_, value) => new Node({ value }));
        for (const [index, node] of nodes.entries()) node.kids.push(...nodes.slice(index + 1, index + 3));
        const [root] = nodes;
        if (root === undefined) throw new Error("no root");
        await here.register(root);
        const change = (node: Node, place: number, to: number, what: string): void => {
          const others = Array.from(reachable(node)).slice(1);
          if (what === "value") node.value += 10;
          else if (what === "new") node.kids.splice(place % (node.kids.length + 1), 0, new Node({ value: 100 + to }));
          else if (what === "drop") node.kids.splice(place % (node.kids.length + 1), 1);
          else if (what === "next") node.next = others[to % Math.max(others.length, 1)] ?? null;
          else node.kids.push(...others.slice(to, to + 1));
        };
        for (const { on, to, what, by } of edits) {
          const node = nodes[on] ?? root;
          if (by === "refresh") await here.refresh(root);
          else if (by === "myself alone") {
            await here.refresh(node);
            change(node, on, to, what);
            await here.register(node);
          } else {
            const copy = await there.latest(Node, node.lineageId);
            change(copy, on, to, what);
            await there.register(copy);
          }
        }
        await here.refresh(root);
        const expected = await latestTogether(there, root.lineageId);
        expect(canonical(root, byLineage)).toBe(expected);
        const mine = new Map(nodes.map((node) => [node.lineageId, node]));
        for (const node of reachable(root)) expect(mine.get(node.lineageId) ?? node).toBe(node);
        await here.register(root);
        expect(root.hasModifications()).toBe(false);
        expect(canonical(await there.get(Node, root.ecsId), byLineage)).toBe(expected);
        expect(canonical(root, byLineage)).toBe(expected);
      }),
      { numRuns: 250 },
    );
  });
});
