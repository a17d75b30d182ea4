import { EntityRegistry, type EntityStorage, StorageError } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ChatThread, InferenceOrchestrator, LedgerEntry, listRuns, LLMConfig, type Outcome } from "../src/index.ts";
import { dyingStorage } from "./support/dying-storage.ts";
import { countUp, entriesOf, type Process, startProcess } from "./support/process.ts";
import { RecordingProvider } from "./support/recording-client.ts";
import { connect } from "./support/wire.ts";

const historyOf = ({ thread }: Outcome): string[] => thread.history.map(({ content, role }) => `${role}: ${content}`);

test("each state of a request is a version of its own, and an answer is stored in the commit that says it is done", async () => {
  const storage = new MemoryStorage();
  const { orchestrator, registry, thread } = startProcess(storage, new RecordingProvider(countUp));
  const [outcome] = await orchestrator.runParallel([thread(1)]);
  expect(outcome?.status).toBe("completed");
  const [entry] = await entriesOf(storage);
  if (entry === undefined || outcome?.status !== "completed") throw new Error("there is no entry");
  const { versions } = await registry.lineage(entry.lineageId);
  const states = await Promise.all(versions.map(async ({ ecsId }) => registry.get(LedgerEntry, ecsId)));
  expect(states.map(({ status, step, thread: held }) => [status, step, held.history.length])).toEqual([
    ["reserved", 0, 1],
    ["sent", 0, 1],
    ["done", 1, 2],
    ["reserved", 1, 3],
    ["sent", 1, 3],
    ["completed", 2, 4],
  ]);
  const [held] = await storage.loadHeaders([outcome.answer.ecsId]);
  expect(versions.at(-1)?.commitId).toBe(held?.commitId);
  expect(states[1]?.request).toMatchObject({
    attempt: 1,
    client: "openai",
    model: "m-1",
    requestId: null,
    idempotencyKey: `${entry.lineageId}/1`,
  });
  expect(states[2]?.request?.requestId).toBe("sim_req_0");
  expect(entry.outputs.map(({ ecsId }) => ecsId)).toEqual(outcome.outputs.map(({ ecsId }) => ecsId));
});

test("wherever a process dies, resuming ends every thread as if nothing had happened, and nothing stored is asked for again", async () => {
  const undisturbed = startProcess(new MemoryStorage(), new RecordingProvider(countUp));
  const wanted = (await undisturbed.orchestrator.runParallel([0, 1, 2].map((steps) => undisturbed.thread(steps)))).map(historyOf);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ commits: fc.nat(12), lastIsDone: fc.boolean() }), { minLength: 1, maxLength: 4 }),
      async ([first = { commits: 1, lastIsDone: false }, ...later]) => {
        const storage = new MemoryStorage();
        const provider = new RecordingProvider(countUp);
        let runId: string | null = null;
        const settled = async (life: typeof first, work: (process: Process) => Promise<unknown>): Promise<void> => {
          const process = { alive: true };
          const dying = dyingStorage(storage, life);
          await Promise.race([work(startProcess(dying.storage, provider, { alive: process })), dying.died]);
          process.alive = false;
        };
        // The configuration, the tool and the run itself are stored before anything else.
        await settled({ ...first, commits: first.commits + 3 }, async ({ orchestrator, thread }) =>
          orchestrator.runParallel(
            [0, 1, 2].map((steps) => thread(steps)),
            { onRunStored: (id) => (runId = id) },
          ),
        );
        if (runId === null) throw new Error("the run was not stored");
        const stored = runId;
        for (const life of later) {
          await settled(life, async ({ orchestrator }) => orchestrator.resume(stored, { onDoubt: "retry" }));
        }
        const outcomes = await startProcess(storage, provider).orchestrator.resume(stored, { onDoubt: "retry" });
        expect(outcomes.map(historyOf)).toEqual(wanted);
        expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
        expect(outcomes.map(({ outputs }) => outputs.length)).toEqual([1, 2, 3]);
        const doubts = await doubtsOf(storage);
        const repeated = provider.keys.filter((key, index) => provider.keys.indexOf(key) < index);
        for (const key of repeated) expect(doubts).toContain(key);
        expect(repeated.length).toBeLessThanOrEqual(doubts.length);
        expect(await storage.verify()).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

/** The idempotency keys of all requests that were ever in doubt. */
async function doubtsOf(storage: EntityStorage): Promise<string[]> {
  const registry = new EntityRegistry(storage);
  const versions = await Array.fromAsync(registry.listByType(LedgerEntry, { versions: "all" }));
  return versions.flatMap(({ request, status }) => (status === "in_doubt" && request !== null ? request.idempotencyKey : []));
}

test("the first process may die before its run is stored: then there is no run, and nothing was sent", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const dying = dyingStorage(storage, { commits: 0, lastIsDone: false });
  const { orchestrator, thread } = startProcess(dying.storage, provider);
  void orchestrator.runParallel([thread(1)]);
  await dying.died;
  expect(await listRuns(new EntityRegistry(storage))).toEqual([]);
  expect(provider.keys).toEqual([]);
});

test("a refusal is written down before the request is sent again, and so is what may be billed and never came", async () => {
  const faults = ["rate_limited", "connection_reset", "server_error"] as const;
  await using wire = await connect("openai", () => ({ text: "at last" }), { faults: (received) => faults[received], maxAttempts: 5 });
  const storage = new MemoryStorage();
  const registry = new EntityRegistry(storage);
  const orchestrator = new InferenceOrchestrator({ registry, clients: { openai: wire.client }, ledger: true });
  const thread = new ChatThread({ llmConfig: LLMConfig.create({ client: "openai", model: "m" }), newMessage: "Go." });
  const [outcome] = await orchestrator.runParallel([thread]);
  expect(outcome).toMatchObject({ status: "completed", attempts: 4 });
  const [entry] = await entriesOf(storage);
  const { versions } = await registry.lineage(entry?.lineageId ?? "");
  const states = await Promise.all(versions.map(async ({ ecsId }) => registry.get(LedgerEntry, ecsId)));
  expect(states.map(({ attempts, request, status }) => [status, attempts, request?.attempt, request?.errorCode, request?.charged])).toEqual(
    [
      ["reserved", 0, undefined, undefined, undefined],
      ["sent", 1, 1, null, false],
      ["reserved", 1, 1, "rate_limited", false],
      ["sent", 2, 2, null, false],
      ["reserved", 2, 2, "connection", true],
      ["sent", 3, 3, null, false],
      ["reserved", 3, 3, "server_error", false],
      ["sent", 4, 4, null, false],
      ["completed", 4, 4, null, false],
    ],
  );
  expect(new Set(states.flatMap(({ request }) => request?.idempotencyKey ?? [])).size).toBe(1);
  expect(Array.from(wire.server.answersByKey().keys())).toEqual([entry?.request?.idempotencyKey]);
});

test("however often a run is taken over from a process that lives, no request is sent again that was not in doubt", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(12), { minLength: 5, maxLength: 40 }),
      async (starts, delays) => {
        let asked = 0;
        const provider = new RecordingProvider(async (conversation) => {
          await turns(delays[asked++ % delays.length] ?? 0);
          return countUp(conversation);
        });
        const storage = new MemoryStorage();
        const first = startProcess(storage, provider);
        const stored = Promise.withResolvers<string>();
        const running: Promise<unknown>[] = [
          first.orchestrator.runParallel(
            [1, 2, 3].map((steps) => first.thread(steps)),
            { onRunStored: stored.resolve },
          ),
        ];
        const runId = await stored.promise;
        for (const start of starts) {
          await turns(start);
          const resumed = startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry" });
          running.push(resumed.catch((error: unknown) => expect(error).toMatchObject({ code: "run_taken" })));
        }
        await Promise.all(running);
        const outcomes = await startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry", failed: "all" });
        expect(outcomes.map(({ thread }) => thread.lastAnswer?.content)).toEqual(["counted 1", "counted 2", "counted 3"]);
        const doubts = await doubtsOf(storage);
        for (const key of new Set(provider.keys)) {
          const sent = provider.keys.filter((one) => one === key).length;
          expect(sent - 1, key).toBeLessThanOrEqual(doubts.filter((one) => one === key).length);
        }
        expect(await storage.verify()).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
});

/** Lets so many turns of the event loop pass. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("a run that can't be stored leaves its threads as they were, and one that can says their messages with it", async () => {
  const storage = new MemoryStorage();
  let failing = true;
  const broken = new Proxy<EntityStorage>(storage, {
    get(target, key) {
      if (key === "commit" && failing) return () => Promise.reject(new StorageError("failed", "the disk is full"));
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { orchestrator, thread } = startProcess(broken, new RecordingProvider(countUp));
  const threads = [thread(0), thread(1)];
  const refused = await orchestrator.runParallel(threads);
  expect(refused).toMatchObject([{ error: { code: "storage" } }, { error: { code: "storage" } }]);
  expect(threads.map(({ history, newMessage }) => [history.length, newMessage])).toEqual([
    [0, "0"],
    [0, "1"],
  ]);
  failing = false;
  const outcomes = await orchestrator.runParallel(threads);
  expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed"]);
  const [first] = outcomes.map((outcome) => outcome.thread.history[0]);
  const versions = await storage.lineage(threads[0]?.lineageId ?? "");
  const [message] = await storage.loadHeaders([first?.ecsId ?? ""]);
  expect(versions[0]?.commitId).toBe(message?.commitId);
});
