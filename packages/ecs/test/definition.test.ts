import { describe, expect, it } from "vitest";
import * as z from "zod";
import { backref, Entity, EntityError, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (EntityError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing thrown";
}

describe("a definition", () => {
  it.each([
    ["a transform", z.string().transform(Number), /a pipe schema can't be tracked: transforms/],
    ["a function", z.function(), /a function schema can't be tracked/],
    ["a promise", z.promise(z.string()), /a promise schema/],
    ["a class instance", z.instanceof(URL), /a custom schema.*instanceof/],
    ["a symbol deep inside", z.array(z.object({ a: z.record(z.string(), z.symbol()) })), /a symbol schema/],
    ["preprocessing", z.preprocess(String, z.string()), /transforms, codecs and preprocessing/],
  ])("refuses %s, naming the field", (_what, schema, message) => {
    const text = codeOf(() => Entity.define("Bad", { fine: z.string(), wrong: schema }));
    expect(text).toMatch(/^invalid_definition: Bad\.wrong: /);
    expect(text).toMatch(message);
  });

  it("refuses names that entities use themselves, what is no schema, and what a base has already", () => {
    expect(codeOf(() => Entity.define("Bad", { ecsId: z.string() }))).toMatch(/^invalid_definition: Bad\.ecsId: the name is taken/);
    expect(codeOf(() => Entity.define("Bad", { a: "text" }))).toMatch(/^invalid_definition: Bad\.a: expected a zod schema/);
    class Base extends Entity.define("Base", { a: z.string() }) {}
    expect(codeOf(() => Base.extend("Bad", { a: z.number() }))).toMatch(/^invalid_definition: Bad\.a: Base already has this field/);
    expect(codeOf(() => Entity.define(" ", {}))).toMatch(/^invalid_definition: an entity needs a name/);
  });

  it("refuses two classes of one name, and a reference that leads nowhere, when a registry meets them", async () => {
    const One = class extends Entity.define("Twin", { a: z.string() }) {};
    const Two = class extends Entity.define("Twin", { a: z.string() }) {};
    const registry = new EntityRegistry(new CopyingStorage());
    await registry.register(new One({ a: "x" }));
    await expect(registry.register(new Two({ a: "x" }))).rejects.toMatchObject({ code: "duplicate_entity" });
    class Lost extends Entity.define("Lost", {
      to: ref(() => undefined)
        .nullable()
        .default(null),
    }) {}
    await expect(registry.register(new Lost({}))).rejects.toMatchObject({ code: "invalid_definition" });
  });

  it("names the field whose class is not there yet, also inside lists and unions and for backrefs", async () => {
    const notYet = (): typeof Later => Later;
    const nowhere = (): undefined => undefined;
    const early = new (class extends Entity.define("Later", {}) {})({});
    const fields: Record<string, [schema: z.ZodType, value: unknown]> = {
      ref: [ref(notYet), early],
      list: [z.array(ref(notYet)), [early]],
      either: [z.union([z.string(), ref(notYet)]), early],
      nowhere: [ref(nowhere), early],
      back: [backref(notYet), early.lineageId],
      lost: [backref(nowhere), early.lineageId],
    };
    for (const [name, [schema, value]] of Object.entries(fields)) {
      class Early extends Entity.define("Early", { [name]: schema.optional() }) {}
      const entity = new Early({});
      expect(codeOf(() => Object.assign(entity, { [name]: value }))).toMatch(new RegExp(`^invalid_definition: Early\\.${name}`, "u"));
      const registering = new EntityRegistry(new CopyingStorage()).register(entity);
      await expect(registering).rejects.toMatchObject({ code: "invalid_definition", message: expect.stringContaining(`Early.${name}: `) });
    }
    class Later extends Entity.define("Later", {}) {}
  });

  it("keeps secrets out of messages", () => {
    class Account extends Entity.define("Account", { password: z.string().min(12).meta({ secret: true }) }) {}
    const text = codeOf(() => new Account({ password: "hunter2" }));
    expect(text).toBe("invalid_value: Account.password: a secret value does not fit (too_small)");
    class Vault extends Entity.define("Vault", { keys: z.record(z.string(), z.string().meta({ secret: true })).default({}) }) {}
    const vault = new Vault({});
    expect(codeOf(() => Reflect.set(vault.keys, "top-secret-name", 5))).toBe(
      "invalid_value: Vault.keys: a secret value does not fit (invalid_type)",
    );
  });
});

describe("a class family", () => {
  class Tool extends Entity.define("Tool", { name: z.string() }) {
    describe(): string {
      return this.name;
    }
  }
  class Callable extends Tool.extend("Callable", { docstring: z.string() }) {
    #calls = 0;
    override describe(): string {
      this.#calls += 1;
      return `${super.describe()}: ${this.docstring} (${this.#calls})`;
    }
  }
  class Kit extends Entity.define("Kit", { tools: z.array(ref(() => Tool)).default([]) }) {}

  it("comes back as the most specific class, private fields and methods included", async () => {
    const storage = new CopyingStorage();
    const kit = new Kit({ tools: [new Tool({ name: "plain" }), new Callable({ name: "fancy", docstring: "does it" })] });
    await new EntityRegistry(storage).register(kit);
    const again = await new EntityRegistry(storage, { entities: [Callable] }).get(Kit, kit.ecsId);
    expect(again.tools.map((tool) => tool.describe())).toEqual(["plain", "fancy: does it (1)"]);
    expect(again.tools[1]).toBeInstanceOf(Callable);
    await expect(new EntityRegistry(storage).get(Kit, kit.ecsId)).rejects.toMatchObject({ code: "unknown_type" });
  });

  it("is listed as far as its members are known, and a member that is not known is refused wherever it is met", async () => {
    const storage = new CopyingStorage();
    const [plain, callable] = [new Tool({ name: "t" }), new Callable({ name: "c", docstring: "d" })];
    const kit = new Kit({ tools: [callable] });
    await new EntityRegistry(storage).register([plain, callable, kit]);
    const registry = new EntityRegistry(storage);
    expect(await Array.fromAsync(registry.listByType(Tool), ({ name }) => name)).toEqual(["t"]);
    await expect(registry.get(Tool, callable.ecsId)).rejects.toMatchObject({ code: "unknown_type" });
    await expect(registry.getIfStored(Tool, callable.ecsId)).rejects.toMatchObject({ code: "unknown_type" });
    await expect(Array.fromAsync(registry.listByType(Kit))).rejects.toMatchObject({
      code: "unknown_type",
      message: expect.stringContaining('option "entities"'),
    });
    await registry.get(Callable, callable.ecsId);
    expect(await Array.fromAsync(registry.listByType(Tool), ({ name }) => name)).toEqual(["t", "c"]);
    expect((await registry.status()).classes).toEqual(["Callable", "Kit", "Tool"]);
  });

  it("is listed and loaded as the base", async () => {
    const registry = new EntityRegistry(new CopyingStorage(), { entities: [Callable] });
    const callable = new Callable({ name: "c", docstring: "d" });
    await registry.register([new Tool({ name: "t" }), callable]);
    const names = await Array.fromAsync(registry.listByType(Tool), (tool) => tool.name);
    expect(names.toSorted()).toEqual(["c", "t"]);
    expect((await registry.get(Tool, callable.ecsId)).name).toBe("c");
    await expect(registry.get(Kit, callable.ecsId)).rejects.toMatchObject({ code: "wrong_type" });
  });
});

describe("values", () => {
  class Everything extends Entity.define("Everything", {
    date: z.date(),
    big: z.bigint(),
    numbers: z.array(z.number()),
    any: z.unknown(),
    map: z.map(z.string(), z.date()),
    set: z.set(z.string()),
    tuple: z.tuple([z.string(), z.number()]),
    choice: z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), a: z.number() }), z.object({ kind: z.literal("b") })]),
    absent: z.string().optional(),
    nothing: z.string().nullable(),
    text: z.string().default("preset"),
  }) {}

  it("keep a key __proto__ in records and JSON, at any depth, as data", async () => {
    class Member extends Entity.define("Member", { name: z.string() }) {}
    class Odd extends Entity.define("Odd", {
      numbers: z.record(z.string(), z.number()),
      members: z.record(
        z.string(),
        ref(() => Member),
      ),
      json: z.json(),
      nested: z.object({ inner: z.array(z.record(z.string(), z.number())) }),
    }) {}
    const registry = new EntityRegistry(new CopyingStorage());
    const numbers = { ["__proto__"]: 1, b: 2 };
    const json = { a: [{ ["__proto__"]: { deep: true } }] };
    const odd = new Odd({
      numbers,
      members: { ["__proto__"]: new Member({ name: "m" }) },
      json,
      nested: { inner: [{ ["__proto__"]: 3 }] },
    });
    await registry.register(odd);
    const again = await registry.get(Odd, odd.ecsId);
    expect(Object.entries(again.numbers)).toEqual(Object.entries(numbers));
    expect(Object.entries(again.members).map(([key, { name }]) => [key, name])).toEqual([["__proto__", "m"]]);
    expect(JSON.stringify([again.json, again.nested])).toBe(JSON.stringify([json, { inner: [{ ["__proto__"]: 3 }] }]));
    const wrong: unknown = JSON.parse('{"__proto__": "text"}');
    expect(() => Reflect.set(odd, "numbers", wrong)).toThrow("Odd.numbers.__proto__: Invalid input: expected number, received string");
  });

  it("survive storing exactly", async () => {
    const registry = new EntityRegistry(new CopyingStorage());
    const any = {
      nested: [new Map<unknown, unknown>([[1, new Set(["x"])]]), undefined, -0, new Date(5)],
      $type: "date",
      text: "emoji 👩‍🚀, NUL \u0000, half \ud800",
      ["__proto__"]: { own: true },
    };
    const input = {
      date: new Date("2024-02-29T12:34:56.789Z"),
      big: 2n ** 80n,
      numbers: [0.1, -0, Number.MAX_SAFE_INTEGER],
      any,
      map: new Map([["m", new Date(0)]]),
      set: new Set(["s"]),
      tuple: ["t", 1] as const,
      choice: { kind: "a", a: 1 } as const,
      nothing: null,
    };
    const entity = new Everything(input);
    await registry.register(entity);
    const again = await registry.get(Everything, entity.ecsId);
    expect(again.any).toEqual(any);
    expect(Object.is(again.numbers[1], -0)).toBe(true);
    expect(Object.keys(Object(again.any))).toEqual(["nested", "$type", "text", "__proto__"]);
    expect(again.date).toEqual(input.date);
    expect(again.date).toBeInstanceOf(Date);
    expect(again.map).toEqual(input.map);
    expect(again.set).toEqual(input.set);
    expect(again.tuple).toEqual(["t", 1]);
    expect([again.big, again.absent, again.nothing, again.text, again.choice]).toEqual([
      2n ** 80n,
      undefined,
      null,
      "preset",
      input.choice,
    ]);
  });

  it("refuse what would not come back as it went in", () => {
    const build = (any: unknown): string =>
      codeOf(
        () =>
          new Everything({
            date: new Date(0),
            big: 0n,
            numbers: [],
            any,
            map: new Map(),
            set: new Set(),
            tuple: ["", 0],
            choice: { kind: "b" },
            nothing: null,
          }),
      );
    expect(build({ run: () => 1 })).toMatch(/^invalid_value: Everything\.any\.run: a function can't be stored/);
    expect(build([new URL("http://127.0.0.1")])).toMatch(/^invalid_value: Everything\.any\[0\]: an instance of URL can't be stored/);
    expect(build(new Date(Number.NaN))).toMatch(/^invalid_value: .*invalid date/);
    expect(
      build(
        new Everything({
          date: new Date(0),
          big: 0n,
          numbers: [],
          any: 0,
          map: new Map(),
          set: new Set(),
          tuple: ["", 0],
          choice: { kind: "b" },
          nothing: null,
        }),
      ),
    ).toMatch(/use plain data, or ref/);
  });

  it("in dates and collections inside plain data can't be edited in place", () => {
    const entity = new Everything({
      date: new Date(0),
      big: 0n,
      numbers: [],
      any: new Map([["k", 1]]),
      map: new Map(),
      set: new Set(),
      tuple: ["", 0],
      choice: { kind: "b" },
      nothing: null,
    });
    expect(codeOf(() => entity.date.setFullYear(1999))).toMatch(/^frozen/);
    expect(codeOf(() => (entity.any instanceof Map ? entity.any.set("k", 2) : null))).toMatch(/^frozen/);
  });
});

describe("a schema that changed", () => {
  it("reads what older versions stored through its upcast steps, and never rewrites it", async () => {
    const storage = new CopyingStorage();
    class V1 extends Entity.define("Note", { text: z.string(), marks: z.array(z.string()).default([]) }) {}
    const note = new V1({ text: "hello world" });
    await new EntityRegistry(storage).register(note);

    class V3 extends Entity.define(
      "Note",
      { words: z.array(z.string()), marks: z.array(z.string()).default([]), added: z.number().default(7) },
      {
        schemaVersion: 3,
        upcast: {
          1: ({ text, ...rest }) => ({ ...rest, words: String(text) }),
          2: ({ words, ...rest }) => ({ ...rest, words: String(words).split(" ") }),
        },
      },
    ) {}
    class Holder extends Entity.define("Holder", { note: ref(() => V3) }) {}
    const registry = new EntityRegistry(storage);
    const again = await registry.get(V3, note.ecsId);
    expect([again.words, again.added, again.hasModifications()]).toEqual([["hello", "world"], 7, false]);
    again.marks.push("seen");
    await registry.register(new Holder({ note: again }));
    expect((await registry.get(V3, again.ecsId)).words).toEqual(["hello", "world"]);
    expect((await new EntityRegistry(storage).get(V1, note.ecsId)).text).toBe("hello world");
    await expect(new EntityRegistry(storage).get(V1, again.ecsId)).rejects.toMatchObject({ code: "newer_schema" });
  });

  it("refuses what upcast steps make of a version when it does not fit the class", async () => {
    const storage = new CopyingStorage();
    class Part extends Entity.define("Part", {}) {}
    class Other extends Entity.define("Other", {}) {}
    class V1 extends Entity.define("Note", { text: z.string(), parts: z.array(ref(() => Part)).default([]) }) {}
    const note = new V1({ text: "x", parts: [new Part({})] });
    await new EntityRegistry(storage).register(note);
    const parts = z.array(ref(() => Part)).default([]);
    const shapes: Record<string, [shape: Record<string, z.ZodType>, step: (payload: object) => unknown, message: RegExp]> = {
      number: [{ text: z.number(), parts }, (payload) => payload, /Note\.text: Invalid input: expected number/],
      list: [{ text: z.array(z.string()), parts }, (payload) => payload, /Note\.text: Invalid input: expected array/],
      key: [
        { text: z.record(z.string(), z.number()), parts },
        () => ({ text: { a: "b" } }),
        /Note\.text\.a: Invalid input: expected number/,
      ],
      other: [{ text: z.string(), parts: z.array(ref(() => Other)) }, (payload) => payload, /Note\.parts\[0\]: .*instance of Other/],
      few: [{ text: z.string(), parts: parts.unwrap().min(2) }, (payload) => payload, /Note\.parts: /],
      nothing: [{ text: z.string(), parts }, () => null, /the upcast step from schema version 1 gave no fields/],
    };
    for (const [shape, step, message] of Object.values(shapes)) {
      const upcast = {};
      Reflect.set(upcast, "1", step);
      class V2 extends Entity.define("Note", shape, { schemaVersion: 2, upcast }) {}
      const loading = new EntityRegistry(storage, { entities: [Part] }).get(V2, note.ecsId);
      await expect(loading).rejects.toMatchObject({ code: "invalid_payload", message: expect.stringMatching(message) });
      await expect(loading).rejects.toThrow(note.ecsId);
    }
  });

  it("is changed for a whole family by its base, whose steps come before those of a member", async () => {
    const storage = new CopyingStorage();
    class Shape1 extends Entity.define("Shape", { label: z.string() }) {}
    class Circle1 extends Shape1.extend("Circle", { radius: z.number() }) {}
    class Square1 extends Shape1.extend("Square", { side: z.number() }) {}
    const old = [new Circle1({ label: "c", radius: 2 }), new Square1({ label: "s", side: 3 })] as const;
    await new EntityRegistry(storage).register(old);

    class Shape extends Entity.define(
      "Shape",
      { name: z.string() },
      { schemaVersion: 2, upcast: { 1: ({ label, ...rest }) => ({ ...rest, name: `${String(label)}!` }) } },
    ) {}
    class Square extends Shape.extend("Square", { side: z.number() }) {}
    class Circle extends Shape.extend(
      "Circle",
      { diameter: z.number(), about: z.string() },
      {
        schemaVersion: 3,
        upcast: {
          1: ({ radius, ...rest }) => ({ ...rest, diameter: Number(radius) * 2 }),
          2: (payload) => ({ ...payload, about: `circle ${String(payload["name"])}` }),
        },
      },
    ) {}
    const registry = new EntityRegistry(storage, { entities: [Circle, Square] });
    const shapes = await Array.fromAsync(registry.listByType(Shape));
    expect(shapes.map(({ name }) => name).toSorted()).toEqual(["c!", "s!"]);
    const circle = await registry.get(Circle, old[0].ecsId);
    expect([circle.diameter, circle.about, Square.definition.schemaVersion]).toEqual([4, "circle c!", 2]);
    circle.diameter = 5;
    await registry.register(circle);
    expect((await registry.get(Circle, circle.ecsId)).about).toBe("circle c!");
    expect(codeOf(() => Shape.extend("Flat", {}, { schemaVersion: 1 }))).toMatch(
      /^invalid_definition: Flat: schemaVersion 1 is below that of Shape/,
    );
    expect(codeOf(() => Shape.extend("Late", {}, { schemaVersion: 4, upcast: { 3: (payload) => payload } }))).toMatch(
      /needs an upcast step from version 2/,
    );
  });

  it("is refused when its steps would get stuck or lead round in circles", () => {
    expect(codeOf(() => Entity.define("Note", {}, { schemaVersion: 3, upcast: { 1: (payload) => payload } }))).toMatch(
      /needs an upcast step from version 2/,
    );
    expect(codeOf(() => Entity.define("Note", {}, { schemaVersion: 1, upcast: { 1: (payload) => payload } }))).toMatch(/has a step from 1/);
  });

  it("names the field that lacks a default", async () => {
    const storage = new CopyingStorage();
    class Before extends Entity.define("Grown", { a: z.string() }) {}
    const entity = new Before({ a: "x" });
    await new EntityRegistry(storage).register(entity);
    class After extends Entity.define("Grown", { a: z.string(), b: z.string() }) {}
    await expect(new EntityRegistry(storage).get(After, entity.ecsId)).rejects.toThrow(/Grown\.b: .*no default/);
  });
});
