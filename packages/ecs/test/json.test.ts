import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { backref, Entity, EntityError, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";
import { canonical, Node, reachable } from "./graph-oracle.ts";

class Usage extends Entity.define("Usage", { tokens: z.int().default(0) }) {}
class Tool extends Entity.define("Tool", { name: z.string() }) {}
class CallableTool extends Tool.extend("CallableTool", { docstring: z.string() }) {
  #calls = 0;
  call(): string {
    this.#calls += 1;
    return `${this.docstring} ${this.#calls}`;
  }
}
class Message extends Entity.define("Message", {
  role: z.enum(["user", "assistant"]),
  content: z.string(),
  usage: ref(() => Usage)
    .nullable()
    .default(null),
  get thread() {
    return ref(() => Thread)
      .nullable()
      .default(null);
  },
}) {}
class Thread extends Entity.define("Thread", {
  name: z.string(),
  key: z.string().meta({ secret: true }).default("none at all"),
  get history() {
    return z.array(ref(() => Message)).default([]);
  },
  tools: z
    .record(
      z.string(),
      ref(() => Tool),
    )
    .default({}),
  either: z
    .union([ref(() => Usage), ref(() => Tool)])
    .nullable()
    .default(null),
  byNumber: z
    .map(
      z.number(),
      ref(() => Usage),
    )
    .default(new Map()),
  bag: z.set(ref(() => Usage)).default(new Set()),
  pairs: z.array(z.tuple([z.string(), ref(() => Usage)])).default([]),
  date: z.date().optional(),
  any: z.unknown().default(null),
  get parent() {
    return backref(() => Thread)
      .nullable()
      .default(null);
  },
}) {}

/** JSON text with each id replaced by the number of its first appearance. */
function withoutIds(entity: Entity): string {
  const numbers = new Map<string, number>();
  return JSON.stringify(entity).replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, (id) => {
    numbers.set(id, numbers.get(id) ?? numbers.size);
    return `id ${numbers.get(id)}`;
  });
}

function errorOf(json: unknown): string {
  try {
    Thread.fromJSON(json);
  } catch (error) {
    if (EntityError.is(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return "nothing thrown";
}

const plainValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, Number.NaN, -0, Number.NEGATIVE_INFINITY, undefined, "$type", "date"),
    fc.double(),
    fc.bigInt(),
    fc.array(fc.integer({ min: 0, max: 0x10ffff })).map((codes) => String.fromCodePoint(...codes)),
    fc.date({ noInvalidDate: true }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "$type", "ecsId", "__proto__", "value"), tie("value"), { maxKeys: 3 }),
    fc.uniqueArray(fc.string(), { maxLength: 3 }).map((keys) => new Map(keys.map((key) => [key, key.length]))),
    fc.uniqueArray(fc.string(), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value;

describe("plain JSON", () => {
  it("holds what an entity refers to, each once, and reads back as new entities with the same sharing and cycles", () => {
    const usage = new Usage({ tokens: 3 });
    const tool = new CallableTool({ name: "t", docstring: "does it" });
    const thread = new Thread({
      name: "hello",
      tools: { t: tool, plain: new Tool({ name: "p" }) },
      either: tool,
      byNumber: new Map([[5, usage]]),
      bag: new Set([usage]),
      pairs: [["first", usage]],
      date: new Date("2024-02-29T12:34:56.789Z"),
    });
    thread.history.push(new Message({ role: "user", content: "hi", usage, thread }));
    expect(thread.toJSON()["history"]).toEqual([
      {
        $type: "Message",
        ecsId: thread.history[0]?.ecsId,
        role: "user",
        content: "hi",
        usage: { $type: "Usage", ecsId: usage.ecsId, tokens: 3 },
        thread: { $type: "Thread", ecsId: thread.ecsId },
      },
    ]);
    const again = Thread.fromJSON(JSON.parse(JSON.stringify(thread)), { entities: [CallableTool] });
    expectTypeOf(again).toEqualTypeOf<Thread>();
    expect(withoutIds(again)).toBe(withoutIds(thread));
    const [message] = again.history;
    expect(message?.thread).toBe(again);
    expect([again.byNumber.get(5), ...again.bag, again.pairs[0]?.[1]].every((one) => one === message?.usage)).toBe(true);
    expect(again.either).toBe(again.tools["t"]);
    expect(again.either instanceof CallableTool && again.either.call()).toBe("does it 1");
    expect([again.date, again.fromStorage, again.ecsId === thread.ecsId, again.hasModifications()]).toEqual([
      thread.date,
      false,
      false,
      true,
    ]);
    again.history.push(new Message({ role: "user", content: "more" }));
    expect(thread.history).toHaveLength(1);
  });

  it("written by hand needs no ids, and no class where a field can only hold one", () => {
    const thread = Thread.fromJSON({
      name: "by hand",
      history: [
        { role: "user", content: "hi", usage: { tokens: 1 } },
        { role: "assistant", content: "hello" },
      ],
      tools: { t: { name: "tool" } },
      bag: { $type: "set", items: [{ tokens: 2 }] },
      byNumber: { $type: "map", entries: [[1, { tokens: 3 }]] },
      either: { $type: "Usage", tokens: 4 },
    });
    expect(thread.history.map(({ content, usage }) => [content, usage?.tokens])).toEqual([
      ["hi", 1],
      ["hello", undefined],
    ]);
    expect([thread.tools["t"]?.name, ...Array.from(thread.bag, ({ tokens }) => tokens), thread.byNumber.get(1)?.tokens]).toEqual([
      "tool",
      2,
      3,
    ]);
    expect(thread.either).toBeInstanceOf(Usage);
  });

  it.each([
    ["no object", 5, "invalid_value $: expected an object"],
    ["a wrong value", { name: 5 }, /^invalid_value \$: Thread\.name: .*expected string.*got 5/],
    [
      "a wrong value deep inside",
      { name: "x", history: [{ role: "nobody", content: "" }] },
      /^invalid_value \$\.history\[0\]: Message\.role: /,
    ],
    ["a missing field", {}, /^invalid_value \$: Thread\.name/],
    [
      "an unknown field",
      { name: "x", history: [{ role: "user", content: "", text: "" }] },
      "invalid_value $.history[0]: Message has no field text",
    ],
    ["an unknown class", { name: "x", either: { $type: "Gone" } }, /^unknown_type \$\.either: no class "Gone" is known/],
    [
      "a member of a family that was not handed over",
      { name: "x", tools: { t: { $type: "CallableTool", name: "" } } },
      /^unknown_type \$\.tools\.t: /,
    ],
    ["another class", { $type: "Usage", tokens: 1 }, "wrong_type $: the data is a Usage, not a Thread"],
    [
      "another class in a field",
      { name: "x", history: [{ $type: "Usage" }] },
      /^invalid_value \$: Thread\.history\[0\]: .*instance of Message/,
    ],
    ["a bad date", { name: "x", date: { $type: "date", value: "soon" } }, "invalid_value $.date: a date is written as ISO 8601 text"],
    ["a bad bigint", { name: "x", any: [{ $type: "bigint", value: "" }] }, /^invalid_value \$\.any\[0\]: a bigint is written/],
    ["a bad map", { name: "x", byNumber: { $type: "map", entries: [[1]] } }, /^invalid_value \$\.byNumber: an entry of a map/],
    ["a bad set", { name: "x", bag: { $type: "set" } }, /^invalid_value \$\.bag: a set is written/],
    ["a bad number", { name: "x", any: { $type: "number", value: "7" } }, /^invalid_value \$\.any: a number that JSON/],
    ["what is no JSON", { name: "x", any: { on: new Date(0) } }, "invalid_value $.any.on: an instance of Date is no JSON"],
    ["a function", { name: () => "x" }, "invalid_value $.name: a function is no JSON"],
    [
      "an id that leads nowhere",
      { name: "x", either: { $type: "Usage", ecsId: "1" } },
      /^invalid_value \$\.either: the data refers to Usage/,
    ],
    [
      "one id twice",
      {
        name: "x",
        bag: {
          $type: "set",
          items: [
            { ecsId: "1", tokens: 1 },
            { ecsId: "1", tokens: 2 },
          ],
        },
      },
      /^invalid_value \$\.bag\[1\]: the fields of 1 stand in the data twice/,
    ],
    [
      "one id for two classes",
      { ecsId: "1", name: "x", either: { $type: "Usage", ecsId: "1" } },
      /^invalid_value \$\.either: 1 is a Thread at \$/,
    ],
    ["$more that is no list", { name: "x", $more: {} }, "invalid_value $.$more: expected an array"],
  ])("refuses %s, naming the path", (_what, json, expected) => {
    const text = errorOf(json);
    if (typeof expected === "string") expect(text).toBe(expected);
    else expect(text).toMatch(expected);
  });

  it("keeps secrets out of what it says", () => {
    expect(() => Thread.fromJSON({ name: "x", key: ["sk-1"] })).toThrow("$: Thread.key: a secret value does not fit (invalid_type)");
  });

  it("refuses data that contains itself or is nested without end", () => {
    const cyclic: Record<string, unknown> = { name: "x" };
    cyclic["any"] = cyclic;
    expect(errorOf(cyclic)).toMatch(/^invalid_value \$\.any\.any.*nested more than 1000 levels/);
  });

  it("is not nested deeper than printers of JSON can go, however long a chain is", () => {
    let last: Node | null = null;
    for (let value = 0; value < 20_000; value++) last = new Node({ value, next: last });
    const again = Node.fromJSON(JSON.parse(JSON.stringify(last)));
    let length = 0;
    for (let node: Node | null = again; node !== null; node = node.next) length += 1;
    expect([length, again.value]).toEqual([20_000, 19_999]);
  });

  it("comes back also when the entities of a long chain stand deep in plain data", () => {
    class Deep extends Entity.define("Deep", {
      get inner() {
        return z
          .object({
            a: z.tuple([
              z.object({
                b: z.array(
                  z.array(
                    z.array(
                      z.array(
                        z.object({
                          c: z.map(
                            z.string(),
                            ref(() => Deep),
                          ),
                        }),
                      ),
                    ),
                  ),
                ),
              }),
            ]),
          })
          .nullable()
          .default(null);
      },
    }) {}
    let chain = new Deep({});
    for (let length = 1; length < 300; length++) chain = new Deep({ inner: { a: [{ b: [[[[{ c: new Map([["d", chain]]) }]]]] }] } });
    let found: Deep | undefined = Deep.fromJSON(JSON.parse(JSON.stringify(chain)));
    let length = 0;
    for (; found !== undefined; length++) found = found.inner?.a[0].b[0]?.[0]?.[0]?.[0]?.c.get("d");
    expect(length).toBe(300);
  });

  it("tells two copies of one version apart", async () => {
    const registry = new EntityRegistry(new CopyingStorage());
    const one = new Node({ value: 1 });
    await registry.register(one);
    const copy = await registry.get(Node, one.ecsId);
    copy.value = 2;
    const again = Node.fromJSON(JSON.parse(JSON.stringify(new Node({ kids: [one, copy, one] }))));
    expect(again.kids.map(({ value }) => value)).toEqual([1, 2, 1]);
    expect(again.kids[0]).toBe(again.kids[2]);
  });

  it("brings back any value that a field can hold", () => {
    fc.assert(
      fc.property(plainValue, fc.string(), (any, name) => {
        const thread = new Thread({ name, any });
        const again = Thread.fromJSON(JSON.parse(JSON.stringify(thread)));
        expect(again.any).toEqual(thread.any);
        expect(withoutIds(again)).toBe(withoutIds(thread));
      }),
      { numRuns: 1_000 },
    );
  });

  it("brings back any graph: all kinds of references, shared and in cycles", () => {
    const number = fc.nat({ max: 7 });
    const edge = fc.record({
      from: number,
      to: number,
      other: number,
      kind: fc.constantFrom("next", "kids", "named", "mapped", "bag", "pair"),
    });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 25 }), (edges) => {
        const nodes = Array.from({ length: 8 }, (_, value) => new Node({ value, tags: ["t"] }));
        const at = (index: number): Node => nodes[index] ?? new Node({});
        for (const { from, to, other, kind } of edges) {
          const node = at(from);
          if (kind === "next") node.next = at(to);
          else if (kind === "kids") node.kids.push(at(to));
          else if (kind === "named") node.named[`${other}`] = at(to);
          else if (kind === "mapped") node.mapped.set(other, at(to));
          else if (kind === "bag") node.bag.add(at(to));
          else node.pair = [at(to), [at(other), at(to)]];
        }
        const again = Node.fromJSON(JSON.parse(JSON.stringify(at(0))));
        const name = ({ value }: Node): string => `node ${value}`;
        expect(canonical(again, name)).toBe(canonical(at(0), name));
        expect(reachable(again).size).toBe(reachable(at(0)).size);
      }),
      { numRuns: 400 },
    );
  });
});
