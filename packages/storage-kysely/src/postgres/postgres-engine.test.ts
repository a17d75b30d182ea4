import { CommitBuilder, edge } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { interceptQueries, senderOf } from "../../test/intercept-queries.ts";
import { KyselyStorage } from "../kysely-storage.ts";
import { openPostgres } from "./open-postgres.ts";
import { PostgresEngine } from "./postgres-engine.ts";
import { typeParsers } from "./type-parsers.ts";

const url = await testDatabase();
await (await openPostgres(url)).close();

/** What happens to one `commit`: the server gets it and its answer is lost, it is lost itself, or the server refuses it. */
const mishapsToMeet = ["answer lost", "commit lost", "deadlock", "serialization failure"] as const;
type Mishap = (typeof mishapsToMeet)[number];

describe("a transaction that fails as it is committed", () => {
  test.each(mishapsToMeet)("is stored once all the same: %s", async (mishap) => {
    const mishaps: Mishap[] = [mishap, mishap];
    const storage = openWith(() => mishaps.pop());
    const build = new CommitBuilder(mishapsToMeet.indexOf(mishap));
    const child = build.root();
    const parent = build.root({ edges: [edge("child", "", child)] });
    const before = (await storage.statistics()).commits;
    const outcomes = await Promise.all([child, parent].map((version) => storage.commit(build.commit([version]))));
    expect(outcomes).toEqual([{ status: "committed" }, { status: "committed" }]);
    expect(await storage.loadTrees([parent.ecsId])).toHaveLength(2);
    expect((await storage.statistics()).commits).toBe(before + 2);
    await storage.close();
  });

  test("is given up when the server never takes it", async () => {
    const storage = openWith(() => "serialization failure");
    const build = new CommitBuilder(100);
    const version = build.root();
    await expect(storage.commit(build.commit([version]))).rejects.toMatchObject({ code: "busy", retryable: true });
    expect(await storage.loadHeaders([version.ecsId])).toEqual([]);
    await storage.close();
  });
});

test.each([
  "Connection terminated unexpectedly",
  "Client has encountered a connection error and is not queryable",
  "Client was closed and is not queryable",
])("a connection that turns out to be dead is left for another: %s", async (message) => {
  const pool = pipeliningPool();
  pool.once("connect", (client) => interceptQueries(client, () => Promise.reject(new Error(message))));
  const storage = storageOn(pool);
  const build = new CommitBuilder(300 + message.length);
  expect(await storage.commit(build.commit([build.root()]))).toEqual({ status: "committed" });
  await storage.close();
});

test("commits that share a dead connection are all stored, also when one of them was before", async () => {
  const pool = pipeliningPool();
  let isLost = false;
  pool.once("connect", (client) => {
    interceptQueries(client, async (query, send) => {
      if (isLost) throw new Error("Connection terminated unexpectedly");
      return send(query);
    });
  });
  const storage = storageOn(pool);
  const build = new CommitBuilder(400);
  const stored = build.commit([build.root()], { idempotencyKey: "stored before" });
  await storage.commit(stored);
  isLost = true;
  const versions = [build.root(), build.root()];
  const outcomes = await Promise.all([stored, ...versions.map((version) => build.commit([version]))].map((each) => storage.commit(each)));
  expect(outcomes.slice(1)).toEqual([{ status: "committed" }, { status: "committed" }]);
  expect(await storage.loadHeaders(versions.map(({ ecsId }) => ecsId))).toHaveLength(2);
  await storage.close();
});

test("two commits with one id are told apart, also when the connection breaks as they are stored", async () => {
  const mishaps: Mishap[] = ["commit lost"];
  const storage = openWith(() => mishaps.pop());
  const build = new CommitBuilder(500);
  const first = build.commit([build.root()]);
  const second = { ...build.commit([build.root()]), id: first.id };
  const [one, two] = await Promise.allSettled([storage.commit(first), storage.commit(second)]);
  expect(one).toMatchObject({ status: "fulfilled", value: { status: "committed" } });
  expect(two).toMatchObject({ status: "rejected", reason: { code: "duplicate_id" } });
  expect(mishaps).toEqual([]);
  expect(await storage.loadHeaders(second.versions.map(({ ecsId }) => ecsId))).toEqual([]);
  await storage.close();
});

test("a commit that reaches the server after it was looked for in vain is stored once, and is no other's", async () => {
  const build = new CommitBuilder(200);
  const versions = [build.root(), build.root()];
  for (const [index, version] of versions.entries()) {
    const storage = openLosing(async (lost) => {
      await sendLate(lost.splice(0));
      return null;
    });
    const options = index === 0 ? {} : { idempotencyKey: "late" };
    expect(await storage.commit(build.commit([version], options))).toEqual({ status: "committed" });
    expect(await storage.loadHeaders([version.ecsId])).toHaveLength(1);
    await storage.close();
  }
});

test.each([
  ["the statement takes too long", "57014", "unreachable"],
  ["the server is a standby", "25006", "unreachable"],
  ["the disk is full", "53100", "unreachable"],
  ["others store first", "23505", "unreachable"],
  ["what is given is invalid", "22P02", "invalid"],
])("a commit whose connection broke is called lost only where that is sure: %s afterwards", async (_, sqlState, code) => {
  const refusal = Object.assign(new Error("refused"), { code: sqlState, table: "version" });
  const storage = openLosing(async () => refusal);
  const build = new CommitBuilder(600);
  const failed = await storage.commit(build.commit([build.root()])).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code, retryable: code === "unreachable" });
  const doubt = /commit again under the same idempotency key/;
  expect(failed).toMatchObject({ message: code === "invalid" ? expect.not.stringMatching(doubt) : expect.stringMatching(doubt) });
  await storage.close();
});

function pipeliningPool(): pg.Pool {
  return new pg.Pool({ connectionString: url, types: typeParsers(), pipeline: true });
}

function storageOn(pool: pg.Pool): KyselyStorage {
  return new KyselyStorage(new PostgresEngine(pool, "minference", "test"), { durable: true, sharedBetweenProcesses: true });
}

/**
 * Opens the store with a connection that breaks with the first transaction.
 *
 * @param lookedFor - given what was lost, once it was looked for; what it gives all later queries fail with
 */
function openLosing(lookedFor: (lost: (readonly unknown[])[]) => Promise<Error | null>): KyselyStorage {
  const pool = pipeliningPool();
  const lost: (readonly unknown[])[] = [];
  let isOver = false;
  let failure: Error | null = null;
  pool.on("connect", (client) => {
    interceptQueries(client, async (args, send) => {
      const [query] = args;
      if (failure !== null) throw failure;
      if (!isOver && query !== "rollback") {
        lost.push(args);
        isOver = query === "commit";
        throw new Error("Connection terminated unexpectedly");
      }
      const answer = await send(args);
      const isLookedFor = typeof query === "object" && query !== null && Reflect.get(query, "name") === "minference_commits";
      if (isLookedFor) failure = await lookedFor(lost);
      return answer;
    });
  });
  return storageOn(pool);
}

async function sendLate(queries: readonly (readonly unknown[])[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const send = senderOf(client);
  for (const query of queries) await send(query);
  await client.end();
}

/** Opens the store with connections that meet with a mishap when they commit. */
function openWith(nextMishap: () => Mishap | undefined): KyselyStorage {
  const pool = new pg.Pool({ connectionString: url, types: typeParsers() });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    interceptQueries(client, async (query, send) => {
      const mishap = query[0] === "commit" ? nextMishap() : undefined;
      if (mishap === undefined) return send(query);
      if (mishap === "deadlock") throw Object.assign(new Error("deadlock detected"), { code: "40P01" });
      if (mishap === "serialization failure") throw Object.assign(new Error("could not serialize access"), { code: "40001" });
      if (mishap === "answer lost") await send(query);
      await send(["select pg_terminate_backend(pg_backend_pid())"]).catch(() => undefined);
      throw new Error("Connection terminated unexpectedly");
    });
  });
  return storageOn(pool);
}
