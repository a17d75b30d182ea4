import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Author extends Entity.define("Author", { name: z.string() }) {}
class Post extends Entity.define("Post", {
  title: z.string(),
  likes: z.number().meta({ indexed: true }).default(0),
  state: z.enum(["draft", "public"]).default("draft"),
  at: z.date().nullable().default(null),
  size: z.bigint().default(0n),
  tags: z.array(z.string()).default([]),
  author: ref(() => Author)
    .nullable()
    .default(null),
}) {
  get shout(): string {
    return this.title.toUpperCase();
  }
}
class Pinned extends Post.extend("Pinned", { until: z.date() }) {}

const storage = new CopyingStorage();
const registry = new EntityRegistry(storage, { entities: [Pinned] });

beforeEach(async () => {
  await registry.clear();
  const author = new Author({ name: "ann" });
  await registry.register([
    new Post({ title: "a", likes: 3, state: "public", at: new Date("2030-01-01"), author }),
    new Post({ title: "b", likes: 1, size: 5n }),
    new Pinned({ title: "c", likes: 2, state: "public", at: new Date("2030-03-01"), until: new Date("2031-01-01"), author }),
  ]);
});

async function titles(query: Parameters<typeof registry.find<typeof Post>>[1]): Promise<string> {
  return (await registry.find(Post, query)).items.map(({ title }) => title).join("");
}

describe("finding entities by their fields", () => {
  it("takes values and comparisons of every plain kind, all of which have to hold", async () => {
    expect(await titles({ where: { state: "public" } })).toBe("ac");
    expect(await titles({ where: { likes: { ">": 1, "<=": 2 } } })).toBe("c");
    expect(await titles({ where: { state: { "!=": "public" } } })).toBe("b");
    expect(await titles({ where: { at: { ">=": new Date("2030-01-01"), "<": new Date("2030-02-01") } } })).toBe("a");
    expect(await titles({ where: { at: new Date("2030-03-01") } })).toBe("c");
    expect(await titles({ where: { at: null } })).toBe("b");
    expect(await titles({ where: { size: 5n } })).toBe("b");
    expect(await titles({ where: { title: { ">": "a" }, likes: 2 } })).toBe("c");
    expect((await registry.find(Pinned, { where: { until: { ">": new Date(0) } } })).items.map(({ likes }) => likes)).toEqual([2]);
  });

  it("orders, gives pages, shares objects within one, and streams", async () => {
    expect(await titles({ orderBy: { field: "likes" } })).toBe("bca");
    const first = await registry.find(Post, { orderBy: { field: "likes", direction: "descending" }, limit: 2 });
    expect(first.items.map(({ title }) => title)).toEqual(["a", "c"]);
    expect(first.items[0]?.author).toBe(first.items[1]?.author);
    const { items, next } = await registry.find(Post, {
      orderBy: { field: "likes", direction: "descending" },
      limit: 2,
      after: first.next ?? "",
    });
    expect([items.map(({ title }) => title), next]).toEqual([["b"], null]);
    const streamed = await Array.fromAsync(
      registry.listByType(Post, { where: { likes: { "<": 3 } }, orderBy: { field: "title" }, limit: 1 }),
      ({ shout }) => shout,
    );
    expect(streamed).toEqual(["B", "C"]);
  });

  it("of all versions finds older ones too", async () => {
    const [post] = (await registry.find(Post, { where: { title: "a" } })).items;
    Object.assign(post ?? {}, { likes: 9 });
    if (post !== undefined) await registry.register(post);
    expect((await registry.find(Post, { where: { title: "a" }, versions: "all" })).items.map(({ likes }) => likes)).toEqual([3, 9]);
  });

  it("refuses what is no field of plain values, and conditions that ask for nothing", async () => {
    const ask = async (where: object): Promise<unknown> => registry.find(Post, { where });
    for (const [where, message] of [
      [{ shout: "A" }, /^Post\.shout: only fields of plain values/],
      [{ author: null }, /^Post\.author: only fields/],
      [{ until: null }, /^Post\.until: only fields/],
      [{ likes: undefined }, /^Post\.likes: a condition is undefined/],
      [{ likes: { ">": undefined } }, /^Post\.likes: a condition is undefined/],
      [{ likes: { like: 1 } }, /^Post\.likes: "like" compares nothing/],
    ] as const) {
      await expect(ask(where)).rejects.toMatchObject({ code: "invalid_value", message: expect.stringMatching(message) });
    }
  });
});
