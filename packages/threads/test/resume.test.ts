import type { EntityStorage } from "@minference/ecs";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { expect, test } from "vitest";
import {
  Budget,
  ChatThread,
  type Doubt,
  InferenceOrchestrator,
  type LedgerStatus,
  listRuns,
  type Outcome,
  type ResumeOptions,
  stepsTaken,
  toolRan,
} from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { dyingStorage } from "./support/dying-storage.ts";
import { failingStorage } from "./support/failing-storage.ts";
import { interruptedStorage } from "./support/interrupted-storage.ts";
import { countUp, entriesOf, startProcess } from "./support/process.ts";
import { RecordingProvider } from "./support/recording-client.ts";

/** Starts a run whose process dies with a request under way of each thread. Resolves with the run's id. */
async function runThatDies(storage: EntityStorage, provider: RecordingProvider, calls: readonly number[]): Promise<string> {
  const alive = { alive: false };
  const process = startProcess(storage, provider, { alive });
  const stored = Promise.withResolvers<string>();
  void process.orchestrator.runParallel(
    calls.map((count) => process.thread(count)),
    { run: "doomed", metadata: { from: "a test" }, onRunStored: stored.resolve },
  );
  const runId = await stored.promise;
  while (provider.keys.length < calls.length) await new Promise((resolve) => setImmediate(resolve));
  return runId;
}

const statusOf = async (storage: EntityStorage): Promise<LedgerStatus[]> => (await entriesOf(storage)).map(({ status }) => status);

test("what is in doubt is asked about, sent again with the same key, or given up, as the policy says", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const runId = await runThatDies(storage, provider, [0, 1, 2]);
  const sent = [...provider.keys];

  const asked = await startProcess(storage, provider).orchestrator.resume(runId);
  expect(asked.map(({ status }) => status)).toEqual(["in_doubt", "in_doubt", "in_doubt"]);
  const [first] = asked;
  expect(first).toMatchObject({
    status: "in_doubt",
    doubt: { index: 0, about: { kind: "request", client: "openai", model: "m-1", idempotencyKey: sent[0] } },
  });
  expect(provider.keys).toEqual(sent);
  expect(await statusOf(storage)).toEqual(["in_doubt", "in_doubt", "in_doubt"]);

  const mistaken = await startProcess(storage, provider).orchestrator.resume(runId, {
    // @ts-expect-error -- the compiler refuses it as well
    onDoubt: ({ index }) => (index === 0 ? "Retry" : undefined),
  });
  expect(mistaken.map((outcome) => outcome.status === "failed" && outcome.error.message)).toEqual([
    'what onDoubt gave is "Retry": give "ask", "retry" or "fail"',
    ...[1, 2].map(() => 'what onDoubt gave is undefined: give "ask", "retry" or "fail"'),
  ]);
  expect(await statusOf(storage)).toEqual(["in_doubt", "in_doubt", "in_doubt"]);

  const doubts: Doubt[] = [];
  const decided = await startProcess(storage, provider).orchestrator.resume(runId, {
    onDoubt: async (doubt) => {
      doubts.push(doubt);
      return doubt.index === 0 ? "retry" : doubt.index === 1 ? "fail" : "ask";
    },
  });
  expect(doubts.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(decided.map(({ status }) => status)).toEqual(["completed", "failed", "in_doubt"]);
  expect(decided[0]).toMatchObject({ attempts: 2 });
  expect(decided[1]).toMatchObject({ error: { code: "in_doubt", retryable: false } });
  expect(provider.keys).toEqual([...sent, sent[0]]);

  const last = await startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry" });
  expect(last.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
  expect(provider.keys.filter((key) => key === sent[0])).toHaveLength(2);
});

test("threads that are over keep their outcome, and only failures that may pass are tried again", async () => {
  const storage = new MemoryStorage();
  let overloaded = true;
  const provider = new RecordingProvider((conversation) => {
    const [question] = conversation.request.messages.flatMap((message) => (message.role === "user" ? message.parts : []));
    const text = question?.type === "text" ? question.text : "";
    if (text === "8") return { text: "I won't", finishReason: "refusal" };
    if (text === "9" && overloaded) return { text: "" };
    return countUp(text === "9" ? { ...conversation, request: { ...conversation.request, messages: [] } } : conversation);
  });
  const process = startProcess(storage, provider);
  let runId = "";
  const before = await process.orchestrator.runParallel(
    [1, 8, 9].map((calls) => process.thread(calls)),
    { onRunStored: (id) => (runId = id) },
  );
  expect(before.map(codeOf)).toEqual(["completed", "refused", "empty_answer"]);
  const asked = provider.keys.length;
  overloaded = false;

  const after = await startProcess(storage, provider).orchestrator.resume(runId);
  expect(after.map(codeOf)).toEqual(["completed", "refused", "completed"]);
  expect(provider.keys.length - asked).toBe(1);
  expect(new Set(provider.keys).size).toBe(provider.keys.length);
  expect(after[0]?.outputs.map(({ content }) => content)).toEqual([null, "counted 1"]);
  expect(after[1]?.thread.history.map(({ role }) => role)).toEqual(["user"]);
  const all = await startProcess(storage, provider).orchestrator.resume(runId, { failed: "all" });
  expect(all.map(codeOf)).toEqual(["completed", "refused", "completed"]);
  expect(provider.keys.length - asked).toBe(2);
});

const codeOf = (outcome: Outcome | undefined): string => (outcome?.status === "failed" ? outcome.error.code : String(outcome?.status));

test("of two processes that resume a run at once one is refused, and the other has it whole", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const runId = await runThatDies(storage, provider, [1, 1, 1]);
  const attempts = await Promise.allSettled(
    [1, 2].map(async () => startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry" })),
  );
  const refused = attempts.flatMap((attempt): unknown[] => (attempt.status === "rejected" ? [attempt.reason] : []));
  expect(refused).toMatchObject([{ code: "run_taken" }]);
  expect(await statusOf(storage)).toEqual(["completed", "completed", "completed"]);
  for (const key of provider.keys)
    expect(provider.keys.filter((one) => one === key).length).toBeLessThanOrEqual(key.endsWith("/1") ? 2 : 1);
});

test("a process whose run was taken over ends, and what it had paid for is kept beside what the other does", async () => {
  const storage = new MemoryStorage();
  const answer = Promise.withResolvers<void>();
  let held = true;
  const provider = new RecordingProvider(async (conversation) => {
    if (held) await answer.promise;
    return countUp(conversation);
  });
  const old = startProcess(storage, provider);
  const thread = old.thread(1);
  const stored = Promise.withResolvers<string>();
  const running = old.orchestrator.runParallel([thread], { onRunStored: stored.resolve });
  const runId = await stored.promise;
  await expect(old.orchestrator.resume(runId)).rejects.toMatchObject({ code: "run_taken" });
  while (provider.keys.length === 0) await new Promise((resolve) => setImmediate(resolve));

  held = false;
  const [outcome] = await startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry" });
  expect(outcome?.status).toBe("completed");
  const sent = provider.keys.length;
  answer.resolve();
  const [late] = await running;
  expect(late).toMatchObject({ status: "failed", error: { code: "taken_over" } });
  expect(provider.keys).toHaveLength(sent);
  const { heads } = await new EntityRegistry(storage).lineage(thread.lineageId);
  expect(heads).toHaveLength(2);
  const kept = await new EntityRegistry(storage).get(ChatThread, thread.ecsId);
  expect(kept.history.map(({ role }) => role)).toEqual(["user", "assistant"]);
  const again = await startProcess(storage, provider).orchestrator.resume(runId);
  expect(again[0]?.thread.history.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
  expect(provider.keys).toHaveLength(sent);
});

test("a thread that its former owner moves on while it is taken over is taken over a step later", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const old = startProcess(storage, provider);
  const stored = Promise.withResolvers<string>();
  const running = old.orchestrator.runParallel([old.thread(40)], { onRunStored: stored.resolve, maxSteps: 60 });
  const runId = await stored.promise;
  const [outcome] = await startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry" });
  const [late] = await running;
  expect([outcome?.status, late?.status].toSorted()).toEqual(["completed", "failed"]);
  expect(late).toMatchObject({ error: { code: "taken_over" } });
  const repeated = provider.keys.filter((key, index) => provider.keys.indexOf(key) < index);
  expect(repeated.length).toBeLessThanOrEqual(1);
});

test("a run to a goal goes on to that goal, however far it was", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  for (const commits of [4, 6, 8, 9, 11]) {
    const dying = dyingStorage(storage, { commits, lastIsDone: true });
    const process = startProcess(dying.storage, provider);
    let runId = "";
    const run = process.orchestrator.runUntil([process.thread(5)], stepsTaken(3), { nudge: "Go on.", onRunStored: (id) => (runId = id) });
    await Promise.race([run, dying.died]);
    await expect(startProcess(storage, provider).orchestrator.resume(runId)).rejects.toMatchObject({ code: "invalid_config" });
    const [outcome] = await startProcess(storage, provider).orchestrator.resume(runId, { until: stepsTaken(3), onDoubt: "retry" });
    expect(outcome?.status).toBe("completed");
    expect(outcome?.outputs).toHaveLength(3);
    const done = await startProcess(storage, provider).orchestrator.resume(runId, { until: toolRan("nothing") });
    expect(done[0]?.status).toBe("completed");
  }
});

test("a tool that must not run twice is in doubt when it was begun; any other runs again", async () => {
  for (const idempotent of [false, true]) {
    const storage = new MemoryStorage();
    const provider = new RecordingProvider(countUp);
    const ran: number[] = [];
    const begun = Promise.withResolvers<void>();
    const old = startProcess(storage, provider, {
      idempotent,
      increment: (n) => {
        ran.push(n);
        begun.resolve();
        return new Promise<never>(() => {});
      },
    });
    const stored = Promise.withResolvers<string>();
    void old.orchestrator.runParallel([old.thread(1)], { onRunStored: stored.resolve });
    const runId = await stored.promise;
    await begun.promise;
    const next = () => startProcess(storage, provider, { idempotent, increment: (n) => ran.push(n) });
    const [asked] = await next().orchestrator.resume(runId);
    if (idempotent) expect(asked?.status).toBe("completed");
    else {
      expect(asked).toMatchObject({ status: "in_doubt", doubt: { about: { kind: "tool_calls", toolCallIds: ["c0"] } } });
      expect(ran).toEqual([0]);
      const [failed] = await next().orchestrator.resume(runId, { onDoubt: "fail" });
      expect(failed).toMatchObject({ status: "failed", error: { code: "in_doubt" } });
      const [retried] = await next().orchestrator.resume(runId, { onDoubt: "retry" });
      expect(retried?.status).toBe("completed");
    }
    expect(ran).toEqual([0, 0]);
    expect(provider.keys).toHaveLength(2);
  }
});

test("a thread that can't be stored has failed before anything is sent, and the others run", async () => {
  const bench = makeBench(() => ({ text: "ok" }), { ledger: true });
  const stale = bench.thread("text");
  await bench.registry.register(stale);
  const elsewhere = new EntityRegistry(bench.storage);
  const other = await elsewhere.get(ChatThread, stale.ecsId);
  other.name = "was first";
  await elsewhere.register(other);
  stale.name = "comes too late";
  const good = bench.thread("text");
  let runId = "";
  const outcomes = await bench.orchestrator.runParallel([stale, good], { onRunStored: (id) => (runId = id) });
  expect(outcomes.map(codeOf)).toEqual(["conflict", "completed"]);
  expect(bench.client.requests).toHaveLength(1);
  const [summary] = await listRuns(bench.registry);
  expect(summary).toMatchObject({ runId, threads: 2, counts: { completed: 1, reserved: 0 } });
  const resumed = await bench.orchestrator.resume(runId);
  expect(resumed.map((outcome) => [outcome.index, codeOf(outcome)])).toEqual([
    [0, "missing_thread"],
    [1, "completed"],
  ]);
});

test("where the run itself can't be stored, nothing is sent", async () => {
  const bench = makeBench(() => ({ text: "ok" }), {
    ledger: true,
    storage: failingStorage(new MemoryStorage(), ({ versions }) => versions.some(({ type }) => type === "Run")),
  });
  const outcomes = await bench.orchestrator.runParallel([bench.thread("text"), bench.thread("text")]);
  expect(outcomes.map(codeOf)).toEqual(["storage", "storage"]);
  expect(bench.client.requests).toEqual([]);
});

test("runs are listed, the latest first, with how far they are; others than runs can't be resumed", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const done = startProcess(storage, provider);
  await done.orchestrator.runParallel([done.thread(0)], { run: "done" });
  const runId = await runThatDies(storage, new RecordingProvider(countUp), [0, 0]);
  const registry = new EntityRegistry(storage);
  const zero = { reserved: 0, sent: 0, done: 0, in_doubt: 0, awaiting_approval: 0, completed: 0, failed: 0 };
  expect(await listRuns(registry)).toMatchObject([
    { runId, name: "doomed", threads: 2, metadata: { from: "a test" }, counts: { ...zero, sent: 2 } },
    { name: "done", threads: 1, metadata: null, counts: { ...zero, completed: 1 } },
  ]);
  expect(await listRuns(registry, { limit: 1 })).toHaveLength(1);
  expect(await listRuns(registry, { limit: 0 })).toEqual([]);
  const [entry] = await entriesOf(storage);
  for (const id of ["nonsense", entry?.lineageId ?? ""]) {
    await expect(done.orchestrator.resume(id)).rejects.toMatchObject({ code: "unknown_run" });
  }
});

test("of a run in which a thread was redacted the others go on", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const runId = await runThatDies(storage, provider, [0, 0, 0]);
  const [, entry] = await entriesOf(storage);
  const question = entry?.thread.history[0];
  await storage.redact(question?.lineageId ?? "");
  const outcomes = await startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry" });
  expect(outcomes.map((outcome) => [outcome.index, codeOf(outcome)])).toEqual([
    [0, "completed"],
    [1, "missing_thread"],
    [2, "completed"],
  ]);
  expect(outcomes[1]).toMatchObject({ error: { message: expect.stringContaining("redacted") }, outputs: [], attempts: 0 });
});

test("whoever is asked about a doubt can be called off", async () => {
  const storage = new MemoryStorage();
  const runId = await runThatDies(storage, new RecordingProvider(countUp), [0]);
  const controller = new AbortController();
  const asked = startProcess(storage, new RecordingProvider(countUp)).orchestrator.resume(runId, {
    signal: controller.signal,
    onDoubt: () => {
      controller.abort("enough");
      return new Promise<never>(() => {});
    },
  });
  expect(await asked).toMatchObject([{ status: "cancelled", reason: "enough" }]);
  expect(await statusOf(storage)).toEqual(["in_doubt"]);
});

test("an answer that came and could not be stored is in doubt, and not asked for again unasked", async () => {
  const memory = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const process = startProcess(
    failingStorage(memory, ({ message }) => message === "answer"),
    provider,
  );
  const stored = Promise.withResolvers<string>();
  const [outcome] = await process.orchestrator.runParallel([process.thread(0)], { onRunStored: stored.resolve });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "storage" } });
  expect(outcome?.outputs[0]?.content).toBe("counted 0");
  const runId = await stored.promise;
  const [asked] = await startProcess(memory, provider).orchestrator.resume(runId);
  expect(asked?.status).toBe("in_doubt");
  expect(provider.keys).toHaveLength(1);
});

const breaks: readonly [string, string, ResumeOptions][] = [
  ["whoever decides throws", "unexpected", { onDoubt: () => Promise.reject(new Error("not reachable")) }],
  [
    "the event handler throws",
    "event_handler",
    {
      onDoubt: "retry",
      onEvent: () => {
        throw new Error("broken display");
      },
    },
  ],
];

test.each(breaks)("a doubt stays one when %s before it is decided, and is asked about again", async (_, code, options) => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const runId = await runThatDies(storage, provider, [0]);
  const [broken] = await startProcess(storage, provider).orchestrator.resume(runId, options);
  expect(codeOf(broken)).toBe(code);
  const [asked] = await startProcess(storage, provider).orchestrator.resume(runId, { failed: "all" });
  expect(asked?.status).toBe("in_doubt");
  expect(provider.keys).toHaveLength(1);
});

test("a process without the clients or the tools of a run leaves its doubts and its threads to one that has them", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const runId = await runThatDies(storage, provider, [1]);
  const registry = new EntityRegistry(storage);
  for (const clients of [{}, { openai: provider.client() }]) {
    const [unable] = await new InferenceOrchestrator({ registry, clients, ledger: true }).resume(runId, { onDoubt: "retry" });
    expect(["unknown_client", "unbound_tool"]).toContain(codeOf(unable));
  }
  const able = startProcess(storage, provider).orchestrator;
  expect((await able.resume(runId)).map(({ status }) => status)).toEqual(["in_doubt"]);
  expect(provider.keys).toHaveLength(1);
  expect((await able.resume(runId, { onDoubt: "retry" })).map(({ status }) => status)).toEqual(["completed"]);
});

test("a doubt that was decided on stays one until something was done about it", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const runId = await runThatDies(storage, provider, [0]);
  const budget = new Budget({ total: { tokens: 1 } });
  const [refused] = await startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry", budget });
  expect(codeOf(refused)).toBe("budget_exceeded");
  const [asked] = await startProcess(storage, provider).orchestrator.resume(runId, { failed: "all" });
  expect(asked?.status).toBe("in_doubt");
  expect(provider.keys).toHaveLength(1);
});

test("a run that is taken over while a thread of it becomes a branch ends with taken_over, and sends nothing more", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const until = stepsTaken(2);
  const nudge = "Once more.";
  let runId = "";
  const other = startProcess(storage, provider);
  const slow = interruptedStorage(storage, "user message", async () => {
    const copy = await other.registry.latest(ChatThread, thread.lineageId);
    copy.name = "edited meanwhile";
    await other.registry.register(copy);
    return async () => {
      expect((await other.orchestrator.resume(runId, { until, nudge })).map(({ status }) => status)).toEqual(["completed"]);
    };
  });
  const first = startProcess(slow, provider);
  const thread = first.thread(0);
  const options = { nudge, onConflict: "branch", onRunStored: (id: string) => void (runId = id) } as const;
  const [outcome] = await first.orchestrator.runUntil([thread], until, options);
  expect(codeOf(outcome)).toBe("taken_over");
  expect(provider.keys).toHaveLength(2);
});
