import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { correlate, Entity, EntityRegistry, EntityTracer, MemoryLog, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Item extends Entity.define("Item", { name: z.string() }) {}
class Cart extends Entity.define("Cart", { items: z.array(ref(() => Item)).default([]), note: z.string().default("") }) {}

let storage: CopyingStorage;
let registry: EntityRegistry;
let tracer: EntityTracer;
let log: MemoryLog;
let failures: unknown[];

beforeEach(() => {
  storage = new CopyingStorage();
  log = new MemoryLog();
  failures = [];
  registry = new EntityRegistry(storage, { logger: log });
  tracer = new EntityTracer(registry, { onError: (error) => failures.push(error) });
});

function messages(): (string | null)[] {
  return storage.commits.map(({ message }) => message);
}

function addItem(cart: Cart, name: string): Item {
  const item = new Item({ name });
  cart.items.push(item);
  return item;
}

function thenable<T>(work: Promise<T>): PromiseLike<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- some libraries give such objects
  return { then: (fulfilled, rejected) => work.then(fulfilled, rejected) };
}

describe("a traced function", () => {
  it("stores what its arguments had gained before and what they gained in it", async () => {
    const cart = new Cart({});
    const add = tracer.traced(addItem);
    const item = add(cart, "a");
    await tracer.settled();
    expect(messages()).toEqual(["before addItem", "after addItem"]);
    const { versions } = await registry.lineage(cart.lineageId);
    const counts = await Promise.all(versions.map(async ({ ecsId }) => (await registry.get(Cart, ecsId)).items.length));
    expect(counts).toEqual([0, 1]);
    expect(await registry.has(item.ecsId)).toBe(true);
  });

  it("registers new entities in its result, with their trees, also inside collections", async () => {
    const make = tracer.traced(async function make(names: readonly string[]) {
      await Promise.resolve();
      return { carts: new Map([["main", new Cart({ items: names.map((name) => new Item({ name })) })]]) };
    });
    const { carts } = await make(["x", "y"]);
    const cart = carts.get("main");
    expect((await registry.get(Cart, cart?.ecsId ?? "")).items.map(({ name }) => name)).toEqual(["x", "y"]);
  });

  it("waits for anything that has a then, as for a promise", async () => {
    const cart = new Cart({});
    const later = tracer.traced(function later(target: Cart): PromiseLike<string> {
      return thenable(Promise.resolve().then(() => addItem(target, "late").name));
    });
    expect([await later(cart), cart.hasModifications(), messages()]).toEqual(["late", false, ["before later", "after later"]]);
    const fails = tracer.traced((_cart: Cart): PromiseLike<never> => {
      return thenable(Promise.reject(new Error("broken")));
    });
    await expect(fails(cart)).rejects.toThrow("broken");
  });

  it("keeps what somebody else stored first beside its own, or refuses or merges, as was chosen", async () => {
    const note = async (target: Cart): Promise<void> => void (target.note = "traced");
    const race = async (racing: EntityTracer): Promise<{ cart: Cart; heads: number }> => {
      const cart = new Cart({});
      await registry.register(cart);
      const copy = await registry.get(Cart, cart.ecsId);
      addItem(copy, "theirs");
      await registry.register(copy);
      await racing.traced(note)(cart);
      return { cart, heads: (await registry.lineage(cart.lineageId)).heads.length };
    };
    expect(await race(tracer)).toMatchObject({ heads: 2, cart: { note: "traced", items: [] } });
    await expect(race(new EntityTracer(registry, { onConflict: "reject" }))).rejects.toMatchObject({ code: "conflict" });
    const { cart } = await race(new EntityTracer(registry, { onConflict: "merge" }));
    expect([cart.note, cart.items.map(({ name }) => name)]).toEqual(["traced", ["theirs"]]);
    const contested = new Cart({ note: "start" });
    await registry.register(contested);
    const copy = await registry.get(Cart, contested.ecsId);
    copy.note = "theirs";
    await registry.register(copy);
    await new EntityTracer(registry, { onConflict: "merge", resolve: ({ ours, theirs }) => `${String(ours)}, ${String(theirs)}` }).traced(
      note,
    )(contested);
    expect(contested.note).toBe("traced, theirs");
  });

  it("keeps edits unstored when it throws, or takes them back, as was chosen", async () => {
    const cart = new Cart({ note: "start" });
    const spoil = async (target: Cart): Promise<void> => {
      target.note = "spoilt";
      addItem(target, "half");
      await Promise.reject(new Error("broken"));
    };
    await expect(tracer.traced(spoil)(cart)).rejects.toThrow("broken");
    expect([cart.note, cart.items.length, cart.hasModifications()]).toEqual(["spoilt", 1, true]);
    expect(messages()).toEqual(["before spoil"]);
    cart.revert();
    await expect(tracer.traced(spoil, { onThrow: "revert" })(cart)).rejects.toThrow("broken");
    expect([cart.note, cart.items.length, cart.hasModifications()]).toEqual(["start", 0, false]);
    const spoilNow = tracer.traced(
      (target: Cart): void => {
        target.note = "spoilt";
        throw new Error("at once");
      },
      { onThrow: "revert", name: "spoilNow" },
    );
    expect(() => spoilNow(cart)).toThrow("at once");
    expect(cart.note).toBe("start");
  });

  it("that throws takes nothing back that was there before and could not be stored", async () => {
    const cart = new Cart({ note: "start" });
    await registry.register(cart);
    cart.note = "from before";
    storage.failure = new Error("down");
    const spoil = tracer.traced(
      async function spoil(target: Cart): Promise<void> {
        addItem(target, "half");
        await Promise.reject(new Error("broken"));
      },
      { onThrow: "revert" },
    );
    await expect(spoil(cart)).rejects.toThrow("broken");
    expect([cart.note, cart.items.length]).toEqual(["from before", 1]);
  });

  it("belongs to the trace of the traced function that called it", async () => {
    const add = tracer.traced(addItem);
    const fill = tracer.traced(async function fill(cart: Cart) {
      add(cart, "a");
      await Promise.resolve();
      add(cart, "b");
      await tracer.settled();
    });
    await fill(new Cart({}));
    await fill(new Cart({}));
    const ids = log.records.filter(({ message }) => message === "commit stored").map(({ fields }) => fields.correlationId);
    expect(ids.length).toBeGreaterThanOrEqual(6);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(undefined);
  });

  it("shares its trace with the functions of other tracers that it calls, and with what surrounds it", async () => {
    const otherLog = new MemoryLog();
    const other = new EntityTracer(new EntityRegistry(new CopyingStorage(), { logger: otherLog }));
    const outer = tracer.traced(async function outer(cart: Cart) {
      addItem(cart, "outer");
      await other.traced(async function inner(inside: Cart) {
        await Promise.resolve();
        addItem(inside, "inner");
      })(new Cart({}));
    });
    const ids = (): Set<unknown> =>
      new Set(
        [...log.records, ...otherLog.records]
          .filter(({ message }) => message === "commit stored")
          .map(({ fields }) => fields.correlationId),
      );
    await outer(new Cart({}));
    const [first, ...none] = ids();
    expect([typeof first, none]).toEqual(["string", []]);
    log.clear();
    otherLog.clear();
    await correlate("request-7", () => outer(new Cart({})));
    expect(ids()).toEqual(new Set(["request-7"]));
  });

  it("that is a generator and throws, or is thrown into, keeps or takes back what it did", async () => {
    for (const onThrow of ["keep", "revert"] as const) {
      const cart = new Cart({});
      await registry.register(cart);
      const steps = tracer.traced(
        function* steps(target: Cart) {
          addItem(target, "first");
          yield 1;
          addItem(target, "second");
          throw new Error("broken");
        },
        { onThrow },
      )(cart);
      expect(steps.next().value).toBe(1);
      expect(() => steps.next()).toThrow("broken");
      await tracer.settled();
      expect(cart.items.map(({ name }) => name)).toEqual(onThrow === "keep" ? ["first", "second"] : []);
      cart.revert();
      const later = tracer.traced(
        async function* later(target: Cart) {
          addItem(target, "third");
          yield 1;
        },
        { onThrow },
      )(cart);
      await later.next();
      await expect(later.throw(new Error("enough"))).rejects.toThrow("enough");
      expect([cart.items.length, cart.hasModifications()]).toEqual(onThrow === "keep" ? [1, true] : [0, false]);
      expect((await registry.lineage(cart.lineageId)).versions).toHaveLength(1);
    }
  });

  it("may be a generator, synchronous or not, and keeps what is sent to it and returned", async () => {
    const cart = new Cart({});
    const steps = tracer.traced(function* steps(target: Cart): Generator<Item, string, string> {
      const name: string = yield addItem(target, "first");
      yield addItem(target, name);
      return "done";
    })(cart);
    expect(steps.next("ignored").value).toBeInstanceOf(Item);
    expect(steps.next("second").value).toMatchObject({ name: "second" });
    expect(steps.next("")).toEqual({ done: true, value: "done" });
    await tracer.settled();
    expect((await registry.get(Cart, cart.ecsId)).items.map(({ name }) => name)).toEqual(["first", "second"]);

    const patient = tracer.traced(function* patient(target: Cart): Generator<string, string> {
      try {
        yield target.note;
      } catch (error) {
        yield `caught ${String(error)}`;
      }
      return "went on";
    })(cart);
    patient.next();
    expect([patient.throw("this").value, patient.next()]).toEqual(["caught this", { done: true, value: "went on" }]);

    const later = tracer.traced(async function* later(target: Cart) {
      try {
        yield addItem(target, "third");
      } finally {
        target.note = "closed";
      }
      await Promise.resolve();
      yield addItem(target, "fourth");
    });
    for await (const item of later(cart)) expect(item).toBeInstanceOf(Item);
    expect((await registry.get(Cart, cart.ecsId)).items).toHaveLength(4);
  });

  it("reports what could not be stored: by rejecting, or where nobody waits to onError", async () => {
    storage.failure = new Error("disk full");
    await expect(tracer.traced(async (cart: Cart) => addItem(cart, "a"))(new Cart({}))).rejects.toThrow("disk full");
    const cart = new Cart({});
    tracer.traced(addItem)(cart, "a");
    await tracer.settled();
    expect(failures).toHaveLength(2);
    expect(cart.items).toHaveLength(1);
  });
});

describe("severity", () => {
  it("says which functions are traced, and can be changed at any time", async () => {
    const functions = (["CRITICAL", "NORMAL", "VERBOSE"] as const).map((severity) =>
      tracer.traced((cart: Cart) => addItem(cart, severity), { severity, name: severity }),
    );
    for (const severity of ["NONE", "CRITICAL", "NORMAL", "VERBOSE"] as const) {
      tracer.severity = severity;
      storage.commits = [];
      for (const call of functions) call(new Cart({}));
      await tracer.settled();
      expect(messages().filter((message) => message?.startsWith("after"))).toHaveLength(
        ["NONE", "CRITICAL", "NORMAL", "VERBOSE"].indexOf(severity),
      );
    }
  });
});
