import { StorageError } from "@minference/ecs";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { KyselyStorage } from "../src/kysely-storage.ts";
import { testDatabases } from "./databases.ts";
import { ObservedEngine } from "./observed-engine.ts";

const capabilities = { durable: true, sharedBetweenProcesses: true };

class DriverFault extends Error {
  override readonly name = "DriverFault";
}

describe.each(await testDatabases())("faults on $name", ({ newStore }) => {
  test.each([
    { named: "heads that it knows", leastStatements: 3 },
    { named: "a version that it has to look up", leastStatements: 4 },
  ])("when the driver fails at any statement of a commit on $named, nothing of it is stored and the next is", async (commit) => {
    const store = newStore();
    await (await store.open()).close();
    let countdown = Number.POSITIVE_INFINITY;
    const engine = store.openEngine(() => {
      countdown -= 1;
      if (countdown === 0) throw new DriverFault("the driver failed");
    });
    const storage = new KyselyStorage(engine, capabilities);
    const build = new CommitBuilder();
    const child = build.root();
    let tip = build.root({ edges: [edge("list", "a", child)] });
    await storage.commit(build.commit([child, tip]));
    if (commit.named !== "heads that it knows") await storage.commit(build.commit([build.next(child)]));

    let failures = 0;
    for (let fault = 1; ; fault += 1) {
      const { bytes: _, ...before } = await storage.statistics();
      const added = build.root();
      const next = build.next(tip, { edges: [edge("list", "a", added), edge("list", "b", child)] });
      countdown = fault;
      const outcome = await storage
        .commit(build.commit([added, next], { idempotencyKey: `fault ${fault}` }))
        .catch((error: unknown) => error);
      const failed = countdown <= 0;
      countdown = Number.POSITIVE_INFINITY;
      if (!failed) {
        expect(outcome).toEqual({ status: "committed" });
        break;
      }
      failures += 1;
      expect(StorageError.is(outcome) && outcome.cause).toBeInstanceOf(DriverFault);
      const { bytes: _bytes, ...after } = await storage.statistics();
      expect(after).toEqual(before);
      expect(await storage.loadHeaders([added.ecsId, next.ecsId])).toEqual([]);
      tip = build.next(tip);
      expect(await storage.commit(build.commit([tip]))).toEqual({ status: "committed" });
    }
    // Begin, look up what is not known, write and commit; in SQLite each of the rows besides.
    expect(failures).toBeGreaterThanOrEqual(commit.leastStatements);
    await storage.close();
  });

  test("when the driver fails at any of the last statements of a large commit, nothing of it is stored", async () => {
    const store = newStore();
    await (await store.open()).close();
    let statements = 0;
    let fault = Number.POSITIVE_INFINITY;
    const engine = store.openEngine(() => {
      statements += 1;
      if (statements === fault) throw new DriverFault("the driver failed");
    });
    const storage = new KyselyStorage(engine, capabilities);
    const build = new CommitBuilder();
    const large = () => {
      const children = Array.from({ length: 600 }, (_, index) => build.root({ payload: { index } }));
      return build.commit([...children, build.root({ edges: children.map((child, index) => edge("list", String(index), child)) })]);
    };
    await storage.commit(large());
    const ofCommit = statements;
    const { bytes: _, ...before } = await storage.statistics();
    for (fault = ofCommit; fault > ofCommit - 5; fault -= 1) {
      statements = 0;
      const outcome = await storage.commit(large()).catch((error: unknown) => error);
      expect(StorageError.is(outcome) && outcome.cause).toBeInstanceOf(DriverFault);
      const { bytes: _bytes, ...after } = await storage.statistics();
      expect(after).toEqual(before);
    }
    fault = Number.POSITIVE_INFINITY;
    expect(await storage.commit(large())).toEqual({ status: "committed" });
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("a fault in the midst of a batch fails no commit that can be stored without it", async () => {
    const store = newStore();
    await (await store.open()).close();
    const build = new CommitBuilder();
    const versions = Array.from({ length: 50 }, (_, index) => build.root({ payload: { index } }));
    const poison = versions[17]?.ecsId ?? "";
    const engine = new ObservedEngine(store.openEngine(), ({ name, each }) => {
      if (name.includes("versions") && each?.some((row) => row.includes(poison)) === true) throw new DriverFault("poisoned");
    });
    const storage = new KyselyStorage(engine, capabilities);
    const outcomes = await Promise.allSettled(versions.map((version) => storage.commit(build.commit([version]))));
    expect(outcomes.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([17]);
    const others = versions.filter(({ ecsId }) => ecsId !== poison).map(({ ecsId }) => ecsId);
    expect(await storage.loadHeaders([poison])).toEqual([]);
    expect(await storage.loadHeaders(others)).toHaveLength(49);
    await storage.close();
  });

  test("what one commit's data makes the database refuse is that commit's failure alone", async () => {
    const storage = await newStore().open();
    const build = new CommitBuilder();
    const child = build.root();
    await storage.commit(build.commit([child]));
    const huge = build.root({ edges: [edge("record", "k".repeat(1_000_000), child)] });
    const [before, refused, after] = await Promise.allSettled(
      [build.root(), huge, build.root()].map((version) => storage.commit(build.commit([version]))),
    );
    expect(before?.status).toBe("fulfilled");
    expect(after?.status).toBe("fulfilled");
    // SQLite keeps slots of any length; Postgres cannot index one of more than some 2 700 bytes.
    if (refused?.status === "rejected") expect(StorageError.is(refused.reason) && refused.reason.code).toBe("invalid");
    await storage.close();
  });
});
