import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, MergeError, ref, type ResolveConflict } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Leaf extends Entity.define("Leaf", { name: z.string(), size: z.number().default(0) }) {}
class Doc extends Entity.define("Doc", {
  title: z.string().default(""),
  words: z.array(z.string()).default([]),
  leaves: z.array(ref(() => Leaf)).default([]),
  named: z
    .record(
      z.string(),
      ref(() => Leaf),
    )
    .default({}),
  counts: z.record(z.string(), z.number()).default({}),
  tags: z.set(z.string()).default(new Set()),
  main: ref(() => Leaf)
    .nullable()
    .default(null),
  pair: z
    .tuple([ref(() => Leaf), ref(() => Leaf)])
    .nullable()
    .default(null),
  slots: z.array(ref(() => Leaf).nullable()).default([]),
  card: z
    .object({ note: z.string(), rows: z.array(z.array(ref(() => Leaf))) })
    .nullable()
    .default(null),
}) {}

let registry: EntityRegistry;

function beginAnew(): void {
  registry = new EntityRegistry(new CopyingStorage());
}

beforeEach(beginAnew);

/** Two copies of a document, edited apart and stored as branches. */
async function branches(
  start: Doc,
  ours: (doc: Doc) => void,
  theirs: (doc: Doc) => void,
): Promise<{ base: string; ours: string; theirs: string }> {
  await registry.register(start);
  const base = start.ecsId;
  const [a, b] = [await registry.get(Doc, base), await registry.get(Doc, base)];
  theirs(b);
  await registry.register(b, { onConflict: "branch" });
  ours(a);
  await registry.register(a, { onConflict: "branch" });
  return { base, ours: a.ecsId, theirs: b.ecsId };
}

function content(doc: Doc): unknown {
  const leaf = (one: Leaf | null): unknown => (one === null ? null : [one.lineageId, one.name, one.size]);
  return {
    title: doc.title,
    words: doc.words,
    leaves: doc.leaves.map(leaf),
    named: Object.fromEntries(
      Object.entries(doc.named)
        .map(([key, one]) => [key, leaf(one)])
        .toSorted(),
    ),
    counts: Object.fromEntries(Object.entries(doc.counts).toSorted()),
    tags: Array.from(doc.tags).toSorted(),
    main: leaf(doc.main),
    pair: doc.pair?.map(leaf),
    slots: doc.slots.map(leaf),
    card: [doc.card?.note, doc.card?.rows.map((row) => row.map(leaf))],
  };
}

describe("a merge", () => {
  it("takes over what only one side changed, merges what can be, and names both parents", async () => {
    const leaves = ["a", "b", "c"].map((name) => new Leaf({ name }));
    const versions = await branches(
      new Doc({ leaves, words: ["one", "two"], main: leaves[0] ?? null, counts: { x: 1, y: 1 }, tags: new Set(["t"]) }),
      (doc) => {
        doc.title = "ours";
        doc.words.push("three");
        Object.assign(doc.leaves[0] ?? {}, { size: 5 });
        doc.leaves.push(new Leaf({ name: "ours" }));
        doc.counts["x"] = 2;
        doc.tags.add("o");
      },
      (doc) => {
        doc.words.shift();
        Object.assign(doc.leaves[0] ?? {}, { name: "A" });
        Object.assign(doc.leaves[1] ?? {}, { size: 7 });
        doc.leaves.push(new Leaf({ name: "theirs" }));
        delete doc.counts["y"];
        doc.tags.delete("t");
      },
    );
    const merged = await registry.merge(Doc, versions);
    expect([merged.title, merged.words, merged.counts, Array.from(merged.tags)]).toEqual(["ours", ["two", "three"], { x: 2 }, ["o"]]);
    expect(merged.leaves.map(({ name, size }) => [name, size])).toEqual([
      ["A", 5],
      ["b", 7],
      ["c", 0],
      ["theirs", 0],
      ["ours", 0],
    ]);
    expect(merged.main).toBe(merged.leaves[0]);
    const [header] = await registry.storage.loadHeaders([merged.ecsId]);
    expect(header).toMatchObject({ parentId: versions.theirs, mergeParentId: versions.ours });
    expect(content(await registry.get(Doc, merged.ecsId))).toEqual(content(merged));
  });

  it("reports every conflict by path with all three values, and stores nothing", async () => {
    const versions = await branches(
      new Doc({ title: "start", counts: { x: 1 }, leaves: [new Leaf({ name: "l" })] }),
      (doc) => {
        doc.title = "ours";
        doc.counts["x"] = 2;
        doc.leaves.pop();
      },
      (doc) => {
        doc.title = "theirs";
        doc.counts["x"] = 3;
        Object.assign(doc.leaves[0] ?? {}, { size: 1 });
      },
    );
    const error: unknown = await registry.merge(Doc, versions).catch((reason: unknown) => reason);
    if (!MergeError.is(error)) throw new Error("no MergeError");
    expect(error.versions).toMatchObject({ ours: versions.ours, theirs: versions.theirs });
    expect(error.conflicts.map(({ path, base, ours, theirs }) => [path, base, ours, theirs])).toEqual([
      ["Doc.title", "start", "ours", "theirs"],
      ["Doc.leaves[0]", expect.any(Leaf), undefined, expect.any(Leaf)],
      ["Doc.counts[x]", 1, 2, 3],
    ]);
    expect((await registry.lineage((await registry.get(Doc, versions.base)).lineageId)).versions).toHaveLength(3);
  });

  it("lets a function decide conflicts", async () => {
    const versions = await branches(
      new Doc({ title: "start" }),
      (doc) => (doc.title = "ours"),
      (doc) => (doc.title = "theirs"),
    );
    const merged = await registry.merge(Doc, versions, { resolve: ({ ours, theirs }) => `${String(ours)} and ${String(theirs)}` });
    expect(merged.title).toBe("ours and theirs");
  });

  it("with itself or with an ancestor gives back what is there", async () => {
    const versions = await branches(
      new Doc({ title: "start" }),
      (doc) => (doc.title = "ours"),
      (doc) => (doc.title = "theirs"),
    );
    const { base, ours } = versions;
    expect((await registry.merge(Doc, { ours, theirs: ours })).ecsId).toBe(ours);
    expect((await registry.merge(Doc, { ours, theirs: base })).ecsId).toBe(ours);
    expect((await registry.merge(Doc, { ours: base, theirs: ours })).ecsId).toBe(ours);
    await expect(registry.merge(Doc, { ours, theirs: "00000000-0000-7000-8000-000000000000" })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  const edit = fc.oneof(
    fc.record({ do: fc.constant("insert" as const), at: fc.nat({ max: 5 }), name: fc.constantFrom("p", "q", "r") }),
    fc.record({ do: fc.constant("remove" as const), at: fc.nat({ max: 5 }) }),
    fc.record({ do: fc.constant("size" as const), at: fc.nat({ max: 5 }), size: fc.nat({ max: 3 }) }),
    fc.record({ do: fc.constant("word" as const), at: fc.nat({ max: 5 }), word: fc.constantFrom("u", "v", "w") }),
    fc.record({ do: fc.constant("count" as const), key: fc.constantFrom("x", "y", "z"), count: fc.option(fc.nat({ max: 3 })) }),
    fc.record({ do: fc.constant("tag" as const), tag: fc.constantFrom("k", "l", "m"), on: fc.boolean() }),
    fc.record({ do: fc.constant("pair" as const), at: fc.nat({ max: 1 }), size: fc.nat({ max: 3 }) }),
    fc.record({ do: fc.constant("swap" as const) }),
    fc.record({ do: fc.constant("slot" as const), at: fc.nat({ max: 3 }), name: fc.option(fc.constantFrom("p", "q")) }),
    fc.record({ do: fc.constant("note" as const), note: fc.constantFrom("i", "j"), size: fc.nat({ max: 3 }) }),
  );
  type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

  function apply(doc: Doc, edits: readonly Edit[]): void {
    for (const one of edits) {
      if (one.do === "insert") doc.leaves.splice(one.at, 0, new Leaf({ name: one.name }));
      else if (one.do === "remove") doc.leaves.splice(one.at, 1);
      else if (one.do === "size") Object.assign(doc.leaves[one.at] ?? {}, { size: one.size });
      else if (one.do === "word") doc.words.splice(one.at, 0, one.word);
      else if (one.do === "count" && one.count === null) delete doc.counts[one.key];
      else if (one.do === "count") doc.counts[one.key] = one.count ?? 0;
      else if (one.do === "tag" && one.on) doc.tags.add(one.tag);
      else if (one.do === "tag") doc.tags.delete(one.tag);
      else if (one.do === "pair") Object.assign(doc.pair?.[one.at] ?? {}, { size: one.size });
      else if (one.do === "swap" && doc.pair !== null) doc.pair = [doc.pair[1], doc.pair[0]];
      else if (one.do === "slot") doc.slots = doc.slots.with(one.at, one.name === null ? null : new Leaf({ name: one.name }));
      else if (one.do === "note" && doc.card !== null) {
        doc.card = { ...doc.card, note: one.note };
        Object.assign(doc.card.rows[0]?.[0] ?? {}, { size: one.size });
      }
    }
  }

  const start = (): Doc =>
    new Doc({
      leaves: ["a", "b", "c", "d"].map((name) => new Leaf({ name })),
      words: ["m", "n"],
      counts: { x: 1, y: 1 },
      tags: new Set(["k"]),
      pair: [new Leaf({ name: "left" }), new Leaf({ name: "right" })],
      slots: [new Leaf({ name: "s" }), null, new Leaf({ name: "t" }), null],
      card: { note: "h", rows: [[new Leaf({ name: "first" })], [new Leaf({ name: "second" })]] },
    });

  const texts = (value: unknown): string => {
    const text = JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Leaf ? inner.lineageId : inner));
    return text ?? "";
  };

  it("comes to the same whichever side is called ours", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 6 }), fc.array(edit, { maxLength: 6 }), async (first, second) => {
        beginAnew();
        const { ours, theirs } = await branches(
          start(),
          (doc) => apply(doc, first),
          (doc) => apply(doc, second),
        );
        const resolve = ({ ours: a, theirs: b }: { ours: unknown; theirs: unknown }): unknown =>
          typeof a === "number" && typeof b === "number" ? Math.max(a, b) : texts(a) > texts(b) ? a : b;
        const one = await registry.merge(Doc, { ours, theirs }, { resolve });
        const other = await registry.merge(Doc, { ours: theirs, theirs: ours }, { resolve });
        expect(content(one)).toEqual(content(other));
        expect(content(await registry.get(Doc, one.ecsId))).toEqual(content(one));
      }),
      { numRuns: 300 },
    );
  });

  it("of edits to different fields is both of them, without conflict", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 8 }), async (edits) => {
        beginAnew();
        const listEdits = edits.filter((one) => one.do === "insert" || one.do === "remove" || one.do === "size");
        const otherEdits = edits.filter((one) => !new Set<Edit>(listEdits).has(one));
        const { ours, theirs } = await branches(
          start(),
          (doc) => apply(doc, listEdits),
          (doc) => apply(doc, otherEdits),
        );
        const [a, b, merged] = [
          await registry.get(Doc, ours),
          await registry.get(Doc, theirs),
          await registry.merge(Doc, { ours, theirs }),
        ];
        expect(content(merged)).toEqual({ ...Object(content(b)), leaves: Reflect.get(Object(content(a)), "leaves") });
      }),
      { numRuns: 200 },
    );
  });
});

/** Edits of which any two can be made in either order, by what they are of; each makes the same of it whoever makes it. */
const disjointEdits: Readonly<Record<string, (doc: Doc, value: number) => void>> = {
  title: (doc, value) => (doc.title = `t${value}`),
  word: (doc, value) => doc.words.push(`w${value}`),
  "count x": (doc, value) => (doc.counts["x"] = value),
  "count z": (doc, value) => (doc.counts["z"] = value),
  tag: (doc) => doc.tags.add("added"),
  "other tag": (doc) => doc.tags.delete("k"),
  main: (doc, value) => Object.assign(doc.main ?? {}, { size: value }),
  named: (doc, value) => (doc.named["put"] = new Leaf({ name: "put", size: value })),
  leaf: (doc, value) => Object.assign(doc.leaves.find(({ name }) => name === "b") ?? {}, { size: value }),
  leaves: (doc) => doc.leaves.splice(1, 0, new Leaf({ name: "between" })),
  left: (doc, value) => Object.assign(doc.pair?.[0] ?? {}, { size: value }),
  right: (doc, value) => Object.assign(doc.pair?.[1] ?? {}, { size: value }),
  slot: (doc, value) => Object.assign(doc.slots[0] ?? {}, { size: value }),
  slots: (doc, value) => (doc.slots = [...doc.slots, new Leaf({ name: "appended", size: value }), null]),
  note: (doc, value) => (doc.card = { rows: [], ...doc.card, note: `n${value}` }),
  cell: (doc, value) => Object.assign(doc.card?.rows[0]?.[0] ?? {}, { size: value }),
};

describe("a merge of whole trees", () => {
  const leaf = (name: string): Leaf => new Leaf({ name });
  const start = (): Doc => {
    const [first, second] = [leaf("a"), leaf("b")];
    return new Doc({
      leaves: [first, second],
      main: first,
      named: { kept: second },
      words: ["m"],
      counts: { x: 0 },
      tags: new Set(["k"]),
      pair: [leaf("left"), leaf("right")],
      slots: [leaf("s"), null],
      card: { note: "", rows: [[leaf("first")], [leaf("second"), second]] },
    });
  };
  const targets = Object.keys(disjointEdits);
  const changes = fc.uniqueArray(fc.record({ of: fc.constantFrom(...targets), value: fc.integer({ min: 1, max: 3 }) }), {
    selector: ({ of }) => of,
  });
  type Changes = typeof changes extends fc.Arbitrary<infer C> ? C : never;
  const make = (doc: Doc, made: Changes): void => {
    for (const { of, value } of made) disjointEdits[of]?.(doc, value);
  };
  /** The content, without the lineages, which differ between entities that were made apart. */
  const shape = (doc: Doc): unknown => JSON.parse(JSON.stringify(content(doc)).replaceAll(/"[0-9a-f]{8}-[0-9a-f-]{27}"/g, "0"));

  it("with itself or with an ancestor changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 3 }), fc.nat(), async (rounds, pick) => {
        beginAnew();
        const doc = start();
        await registry.register(doc);
        const ids = [doc.ecsId];
        for (const round of rounds) {
          make(doc, round);
          await registry.register(doc);
          ids.push(doc.ecsId);
        }
        const before = await registry.lineage(doc.lineageId);
        const ancestor = ids[pick % ids.length] ?? doc.ecsId;
        for (const [ours, theirs] of [
          [doc.ecsId, doc.ecsId],
          [doc.ecsId, ancestor],
          [ancestor, doc.ecsId],
        ] as const) {
          const merged = await registry.merge(Doc, { ours, theirs });
          expect([merged.ecsId, content(merged), merged.hasModifications()]).toEqual([doc.ecsId, content(doc), false]);
        }
        expect(await registry.lineage(doc.lineageId)).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it("of disjoint edits comes to making them one after the other, in either order, without conflict", async () => {
    await fc.assert(
      fc.asyncProperty(changes, fc.array(fc.boolean(), { minLength: targets.length, maxLength: targets.length }), async (all, sides) => {
        beginAnew();
        const [first, second] = [true, false].map((side) => all.filter(({ of }) => sides[targets.indexOf(of)] === side));
        const versions = await branches(
          start(),
          (doc) => make(doc, first ?? []),
          (doc) => make(doc, second ?? []),
        );
        const merged = await registry.merge(Doc, versions);
        for (const order of [
          [first, second],
          [second, first],
        ]) {
          const expected = start();
          for (const side of order) make(expected, side ?? []);
          expect(shape(merged)).toEqual(shape(expected));
        }
        expect(content(await registry.get(Doc, merged.ecsId))).toEqual(content(merged));
      }),
      { numRuns: 200 },
    );
  });
});

describe("what is merged", () => {
  class Form extends Entity.define("Form", {
    answers: z.array(z.string().optional()).default([]),
    notes: z.record(z.string(), z.string().optional()).default({}),
    picks: z.array(z.string()).max(3).default([]),
  }) {}

  async function mergedForm(ours: (form: Form) => void, theirs: (form: Form) => void, resolve?: ResolveConflict): Promise<Form> {
    const form = new Form({ answers: ["a", undefined, "c"], notes: { empty: undefined }, picks: ["x"] });
    await registry.register(form);
    const copy = await registry.get(Form, form.ecsId);
    theirs(copy);
    await registry.register(copy);
    ours(form);
    await registry.register(form, { onConflict: "merge", ...(resolve === undefined ? {} : { resolve }) });
    return form;
  }

  it("may be undefined, as an element and under a key", async () => {
    const { answers, notes } = await mergedForm(
      (form) => {
        form.answers.push("d");
        form.notes["ours"] = "o";
      },
      (form) => {
        form.answers.unshift("z");
        form.notes["theirs"] = undefined;
      },
    );
    expect(answers).toEqual(["z", "a", undefined, "c", "d"]);
    expect(Object.keys(notes).toSorted()).toEqual(["empty", "ours", "theirs"]);
  });

  it("is the entities inside a tuple, a list or an object, whoever changed the data around them", async () => {
    const versions = await branches(
      new Doc({ pair: [new Leaf({ name: "a" }), new Leaf({ name: "b" })], slots: [new Leaf({ name: "s" }), null] }),
      (doc) => {
        Object.assign(doc.pair?.[0] ?? {}, { size: 1 });
        Object.assign(doc.slots[0] ?? {}, { size: 3 });
      },
      (doc) => {
        Object.assign(doc.pair?.[0] ?? {}, { name: "A" });
        Object.assign(doc.pair?.[1] ?? {}, { size: 2 });
        doc.slots = [null, ...doc.slots];
      },
    );
    const { pair, slots } = await registry.merge(Doc, versions);
    expect(pair?.map(({ name, size }) => [name, size])).toEqual([
      ["A", 1],
      ["b", 2],
    ]);
    expect(slots.map((slot) => slot?.size)).toEqual([undefined, 3, undefined]);
  });

  it("is a conflict where one takes out of frozen data what the other changed, or both change the data", async () => {
    const begin = (): Doc => new Doc({ slots: [new Leaf({ name: "s" }), null] });
    const takeOut = (doc: Doc): void => void (doc.slots = [null, null]);
    const resize = (doc: Doc): void => void Object.assign(doc.slots[0] ?? {}, { size: 1 });
    const append = (doc: Doc): void => void (doc.slots = [...doc.slots, null]);
    for (const [ours, theirs] of [
      [takeOut, resize],
      [resize, takeOut],
      [takeOut, append],
    ] as const) {
      const merging = registry.merge(Doc, await branches(begin(), ours, theirs));
      await expect(merging).rejects.toMatchObject({ conflicts: [{ path: "Doc.slots" }] });
    }
  });

  it("is a conflict where what both put in does not fit together", async () => {
    const fill = (...picks: string[]) => {
      return (form: Form): void => {
        form.picks.push(...picks);
      };
    };
    await expect(mergedForm(fill("a", "b"), fill("c"))).rejects.toMatchObject({
      conflicts: [{ path: "Form.picks", base: ["x"], ours: ["x", "a", "b"], theirs: ["x", "c"] }],
    });
    const { picks } = await mergedForm(fill("a", "b"), fill("c"), ({ ours }) => ours);
    expect(picks).toEqual(["x", "a", "b"]);
  });
});

describe("registering with merge", () => {
  it("keeps edits that are on their way when the merge is done, also when the store refuses them", async () => {
    const storage = new CopyingStorage();
    registry = new EntityRegistry(storage);
    const doc = new Doc({});
    await registry.register(doc);
    const copy = await registry.get(Doc, doc.ecsId);
    copy.words.push("theirs");
    await registry.register(copy);
    const commit = storage.commit.bind(storage);
    let late: Promise<unknown> | null = null;
    storage.commit = async (one) => {
      if (one.message === "late") {
        await new Promise(setImmediate);
        throw new Error("refused");
      }
      const outcome = await commit(one);
      if (one.message === "merge" && late === null) {
        doc.words.push("late");
        late = registry.register(doc, { message: "late" });
        late.catch(() => undefined);
      }
      return outcome;
    };
    doc.words.push("ours");
    await registry.register(doc, { onConflict: "merge" });
    await expect(late).rejects.toThrow("refused");
    expect(doc.words.toSorted()).toEqual(["late", "ours", "theirs"]);
    await registry.register(doc, { onConflict: "merge" });
    expect((await registry.get(Doc, doc.ecsId)).words).toEqual(doc.words);
  });

  it("keeps both sides in history and makes the same object show the merged version", async () => {
    const doc = new Doc({ leaves: [new Leaf({ name: "a" })] });
    await registry.register(doc);
    const [leaf] = doc.leaves;
    const copy = await registry.get(Doc, doc.ecsId);
    copy.title = "copy";
    copy.leaves.push(new Leaf({ name: "b" }));
    await registry.register(copy);
    if (leaf !== undefined) leaf.size = 3;
    doc.leaves.push(new Leaf({ name: "c" }));
    const mine = doc.leaves[1];
    await registry.register(doc, { onConflict: "merge" });
    expect(doc.hasModifications()).toBe(false);
    expect([doc.title, doc.leaves.map(({ name }) => name), leaf?.size]).toEqual(["copy", ["a", "b", "c"], 3]);
    expect([doc.leaves[0], doc.leaves[2]]).toEqual([leaf, mine]);
    expect(doc.leaves[0]).toBe(leaf);
    expect(doc.leaves[2]).toBe(mine);
    const { versions, heads } = await registry.lineage(doc.lineageId);
    expect(versions).toHaveLength(4);
    expect(heads.map(({ ecsId }) => ecsId)).toContain(doc.ecsId);
    doc.title = "after";
    if (leaf !== undefined) leaf.size = 4;
    await registry.register(doc);
    expect((await registry.get(Doc, doc.ecsId)).leaves[0]?.size).toBe(4);
  });

  it("says what it can't decide, with both sides stored as branches", async () => {
    const doc = new Doc({ title: "start" });
    await registry.register(doc);
    const copy = await registry.get(Doc, doc.ecsId);
    copy.title = "copy";
    await registry.register(copy);
    doc.title = "mine";
    await expect(registry.register(doc, { onConflict: "merge" })).rejects.toMatchObject({ code: "merge_conflict" });
    expect(doc.title).toBe("mine");
    const { heads } = await registry.lineage(doc.lineageId);
    expect(heads.map(({ ecsId }) => ecsId)).toEqual([copy.ecsId, doc.ecsId]);
    const merged = await registry.merge(Doc, { ours: doc.ecsId, theirs: copy.ecsId }, { resolve: ({ ours }) => ours });
    expect(merged.title).toBe("mine");
  });
});

describe("refresh", () => {
  it("makes an object show what somebody else has stored, and refuses to lose edits", async () => {
    const doc = new Doc({ leaves: [new Leaf({ name: "a" })], main: null });
    await registry.register(doc);
    const [leaf] = doc.leaves;
    const copy = await registry.get(Doc, doc.ecsId);
    copy.title = "new";
    copy.main = copy.leaves[0] ?? null;
    copy.leaves.unshift(new Leaf({ name: "b" }));
    Object.assign(copy.main ?? {}, { size: 9 });
    await registry.register(copy);
    doc.title = "edit";
    await expect(registry.refresh(doc)).rejects.toMatchObject({ code: "has_modifications" });
    doc.revert();
    await registry.refresh(doc);
    expect(content(doc)).toEqual(content(copy));
    expect([doc.ecsId, doc.main, leaf?.size, doc.hasModifications()]).toEqual([copy.ecsId, leaf, 9, false]);
    doc.leaves.pop();
    await registry.register(doc);
    expect((await registry.get(Doc, doc.ecsId)).leaves.map(({ name }) => name)).toEqual(["b"]);
    await expect(registry.register(copy)).resolves.toMatchObject({ status: "unchanged" });
    copy.title = "late";
    await expect(registry.register(copy)).rejects.toMatchObject({ code: "conflict" });
  });
});
