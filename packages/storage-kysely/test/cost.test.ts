import type { EntityStorage, NewVersion } from "@minference/ecs";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { KyselyStorage } from "../src/kysely-storage.ts";
import { testDatabases } from "./databases.ts";
import { ObservedEngine } from "./observed-engine.ts";

const capabilities = { durable: true, sharedBetweenProcesses: true };
const content = "A message of a hundred characters, which is about what people and models say in one turn of a chat.";

describe.each(await testDatabases())("what it costs on $name", ({ name, newStore }) => {
  test("a version appended at the 1 000th costs the bytes of one appended at the 10th", async () => {
    const storage = await newStore().open();
    // The first rows of a store cost the first pages of its tables and indexes.
    await new Thread(storage, 1).append(1_000);
    const thread = new Thread(storage, 2);
    await thread.append(10);
    const early = await thread.bytesOf(490);
    await thread.append(500);
    const late = await thread.bytesOf(490);
    expect(late).toBeLessThan(early * 1.2);
    expect(late).toBeGreaterThan(early * 0.8);
    await storage.close();
  });

  test("a commit takes as many statements for a thousand versions as for one, and a batch as many as a commit", async () => {
    const store = newStore();
    await (await store.open()).close();
    const statements: string[] = [];
    const storage = new KyselyStorage(new ObservedEngine(store.openEngine(), ({ name }) => statements.push(name)), capabilities);
    const build = new CommitBuilder();
    const made = (count: number) => {
      const children = Array.from({ length: count }, () => build.root());
      const parent = build.root({ edges: children.map((child, index) => edge("list", String(index), child)) });
      return build.commit([...children, parent, build.next(parent, { edges: [edge("list", "0", null)] })]);
    };
    const takes = async (work: () => Promise<unknown>) => {
      statements.length = 0;
      await work();
      return [...statements];
    };
    const one = await takes(() => storage.commit(made(1)));
    expect(one.length).toBeLessThanOrEqual(10);
    expect(await takes(() => storage.commit(made(100)))).toEqual(one);
    expect(await takes(() => Promise.all(Array.from({ length: 10 }, () => storage.commit(made(10)))))).toEqual(one);
    const large = await takes(() => storage.commit(made(500)));
    expect(large.length).toBeLessThanOrEqual(10);
    expect(await takes(() => storage.commit(made(1_000)))).toEqual(large);
    expect(await takes(() => Promise.all(Array.from({ length: 100 }, () => storage.commit(made(9)))))).toEqual(large);
    await storage.close();
  });

  test("a tree is read with at most two statements a level, one of them for each five hundred versions that it has", async () => {
    const store = newStore();
    await (await store.open()).close();
    const statements: string[] = [];
    const storage = new KyselyStorage(new ObservedEngine(store.openEngine(), ({ name }) => statements.push(name)), capabilities);
    const build = new CommitBuilder();
    const shared = build.root();
    let level = Array.from({ length: 300 }, () => build.root({ edges: [edge("shared", "", shared)] }));
    const versions: NewVersion[] = [shared, ...level];
    for (const size of [100, 10, 1]) {
      const below = level;
      level = Array.from({ length: size }, () => build.root({ edges: below.map((child, index) => edge("list", String(index), child)) }));
      versions.push(...level);
    }
    const top = level[0];
    if (top === undefined) throw new Error("The tree has no top");
    const next = build.next(top);
    const branch = build.next(top, { onStaleParent: "branch" });
    await storage.commit(build.commit([...versions, next, branch]));
    for (const root of [top, next, branch]) {
      statements.length = 0;
      expect(await storage.loadTrees([root.ecsId])).toHaveLength(1 + 300 + 100 + 10 + 1);
      expect(statements.length).toBeLessThanOrEqual(2 * 5);
    }
    const many = Array.from({ length: 2_500 }, () => build.root());
    const wide = build.root({ edges: many.map((child, index) => edge("list", String(index).padStart(4, "0"), child)) });
    await storage.commit(build.commit([...many, wide]));
    statements.length = 0;
    expect(await storage.loadTrees([wide.ecsId])).toHaveLength(2_501);
    const lists = name === "SQLite" ? 5 : 3;
    expect(statements.filter((statement) => statement === "versions_by_vid")).toHaveLength(lists);
    expect(statements.length).toBeLessThanOrEqual(2 + lists + 1);
    await storage.close();
  });

  test("five thousand commits issued at once share a few transactions", async () => {
    const store = newStore();
    await (await store.open()).close();
    let transactions = 0;
    const engine = new ObservedEngine(store.openEngine(), ({ name }) => {
      if (name === "insert_commits") transactions += 1;
    });
    const storage = new KyselyStorage(engine, capabilities);
    const build = new CommitBuilder();
    const versions = Array.from({ length: 5_000 }, () => build.root());
    const outcomes = await Promise.all(versions.map((version) => storage.commit(build.commit([version]))));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["committed"]));
    expect(transactions).toBeLessThanOrEqual(5);
    await storage.close();
  });
});

/** A thread that grows by a message a commit. */
class Thread {
  readonly #storage: EntityStorage;
  readonly #build: CommitBuilder;
  #tip: NewVersion;
  #length = 0;

  constructor(storage: EntityStorage, space: number) {
    this.#storage = storage;
    this.#build = new CommitBuilder(space);
    this.#tip = this.#build.root({ type: "ChatThread" });
  }

  async append(messages: number): Promise<void> {
    const commits = Array.from({ length: messages }, () => {
      const message = this.#build.root({ type: "ChatMessage", payload: { role: "user", content } });
      const slot = `b${this.#length.toString(36).padStart(3, "0")}`;
      const first = this.#length === 0 ? [this.#tip] : [];
      this.#tip = this.#build.next(this.#tip, { edges: [edge("history", slot, message)] });
      this.#length += 1;
      return this.#storage.commit(this.#build.commit([message, ...first, this.#tip]));
    });
    await Promise.all(commits);
  }

  /** Appends messages and gives how much the store grew by. */
  async bytesOf(messages: number): Promise<number> {
    const { bytes } = await this.#storage.statistics();
    await this.append(messages);
    return (await this.#storage.statistics()).bytes - bytes;
  }
}
