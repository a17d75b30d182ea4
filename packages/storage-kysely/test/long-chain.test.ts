import { CommitBuilder, edge } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { KyselyStorage } from "../src/kysely-storage.ts";
import type { Request } from "../src/query/work.ts";
import { type TestDatabase, testDatabases } from "./databases.ts";
import { ObservedEngine } from "./observed-engine.ts";

const databases = await testDatabases();

/** Makes a store, and opens it so that what its engine is asked can be looked at. */
async function observedStore(newStore: TestDatabase["newStore"]) {
  const store = newStore();
  await (await store.open()).close();
  const requests: Request[] = [];
  const engine = new ObservedEngine(store.openEngine(), (request) => requests.push(request));
  return { store, requests, storage: new KyselyStorage(engine, { durable: true, sharedBetweenProcesses: true }) };
}

describe.each(databases)("a long chain among short ones on $name", ({ name, newStore }) => {
  test("is added to by its head alone, also when the database knows how short most chains are", async () => {
    const { store, storage, requests } = await observedStore(newStore);
    const other = await store.open();
    const build = new CommitBuilder();
    const versions = Array.from({ length: 1_500 }, () => build.root());
    let tip = build.root();
    versions.push(tip);
    for (let length = 1; length < 1_500; length += 1) versions.push((tip = build.next(tip)));
    await other.commit(build.commit(versions));
    await other.close();
    await store.tamper("analyze");
    expect(await storage.commit(build.commit([(tip = build.next(tip))]))).toEqual({ status: "committed" });
    const parents = requests.find((request) => request.name === "parents");
    const plan = await store.explain(parents?.sql ?? "", parents?.parameters ?? []);
    expect(plan).toMatch(name === "SQLite" ? /SEARCH h USING/ : /Backward using version_position/);
    expect(plan).not.toMatch(/Filter|SCAN (?:v|h|c)\b|TEMP B-TREE/);
    requests.length = 0;
    expect(await storage.commit(build.commit([build.next(tip)]))).toEqual({ status: "committed" });
    const known = requests.find((request) => request.name === "look_again");
    if (name === "Postgres") expect(await store.explain(known?.sql ?? "", known?.parameters ?? [])).not.toMatch(/Seq Scan|Filter/);
    await storage.close();
  });
});

test.each(databases.filter(({ name }) => name === "SQLite"))(
  "on $name edges are read off an index, without a look at the table for each",
  async ({ newStore }) => {
    const { store, storage, requests } = await observedStore(newStore);
    const build = new CommitBuilder();
    const child = build.root();
    const first = build.root({ edges: [edge("list", "a", child)] });
    await storage.commit(build.commit([child, first, build.next(first, { edges: [edge("list", "a", null)] })]));
    expect(await storage.loadTrees([first.ecsId])).toHaveLength(2);
    const lists = requests.find((request) => request.name === "edge_lists");
    const plan = await store.explain(lists?.sql ?? "", lists?.parameters ?? []);
    expect(plan).toMatch(/SEARCH e USING COVERING INDEX edge_open[^]*SEARCH e USING COVERING INDEX edge_ended/);
    expect(plan).not.toMatch(/e USING (?:INDEX|PRIMARY KEY)/);
    await storage.close();
  },
);
