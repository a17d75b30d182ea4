import { textOf } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import type { Commit, EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  bestOf,
  branchThread,
  Budget,
  type ChatMessage,
  ChatThread,
  compareBranches,
  keepBest,
  LLMConfig,
  listPrices,
  SystemPrompt,
  toolRan,
  treeSearch,
  updateThreads,
  usageOf,
} from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { failingStorage } from "./support/failing-storage.ts";

/** Answers each request with its number. */
const counting: SimulatedScript = ({ sequence }) => ({ text: `answer ${sequence}`, outputTokens: 10 });

/** Answers with the numbers that were said so far, the last one first. */
const echoing: SimulatedScript = ({ request }) => {
  const said = request.messages.flatMap((message) => (message.role === "user" ? message.parts : []));
  return { text: said.map((part) => (part.type === "text" ? part.text : "")).join(" "), outputTokens: 10 };
};

function contents(history: Iterable<ChatMessage>): string[] {
  return Array.from(history, ({ content }) => content);
}

async function headsOf(registry: EntityRegistry, thread: ChatThread): Promise<number> {
  return (await registry.lineage(thread.lineageId)).heads.length;
}

test("any stored version can be branched, edited and run; what is there stays as it is", async () => {
  const bench = makeBench(counting);
  const thread = bench.thread("text", { newMessage: "one" });
  await bench.orchestrator.runParallel([thread]);
  const early = thread.ecsId;
  thread.newMessage = "two";
  await bench.orchestrator.runParallel([thread]);
  const branch = await branchThread(bench.registry, early, (copy) => {
    copy.newMessage = "another two";
  });
  expect(branch.parentId).toBe(early);
  const [outcome] = await bench.orchestrator.runParallel([branch]);
  expect(outcome?.status).toBe("completed");
  expect(contents(branch.history)).toEqual(["one", "answer 0", "another two", "answer 2"]);
  expect(contents((await bench.registry.get(ChatThread, thread.ecsId)).history)).toEqual(["one", "answer 0", "two", "answer 1"]);
  expect(await headsOf(bench.registry, thread)).toBe(2);
  const unedited = await branchThread(bench.registry, early);
  unedited.newMessage = "a third";
  expect((await bench.orchestrator.runParallel([unedited], { onConflict: "branch" }))[0]?.status).toBe("completed");
  const impossible = branchThread(bench.registry, early, (copy) => {
    copy.llmConfig.responseFormat = "auto_tools";
  });
  await expect(impossible).rejects.toThrow("needs at least one tool");
});

describe("the best of several branches", () => {
  test("becomes the next version of the line, and the others stay in the history", async () => {
    const bench = makeBench(counting);
    const thread = bench.thread("text");
    const scores = [2, 9, 4, 9];
    const { best, branches } = await bestOf(
      bench.orchestrator,
      thread,
      4,
      ({ lastAnswer }) => scores[Number(lastAnswer?.content.at(-1))] ?? 0,
    );
    expect(branches.map(({ score }) => score)).toEqual(scores);
    expect(best?.thread.lastAnswer?.content).toBe("answer 1");
    const latest = await bench.registry.latest(ChatThread, thread.lineageId);
    expect(latest.ecsId).toBe(best?.thread.ecsId);
    expect(latest.selection).toMatchObject({ baseId: thread.ecsId, score: 9 });
    expect(latest.selection?.candidates.map(({ score }) => score)).toEqual(scores);
    for (const { versionId } of latest.selection?.candidates ?? []) {
      expect((await bench.registry.get(ChatThread, versionId)).history).toHaveLength(2);
    }
    expect(latest.parentId).toBe(latest.selection?.keptId);
    expect(await headsOf(bench.registry, thread)).toBe(4);
    if (best === null) throw new Error("nothing was kept");
    best.thread.newMessage = "go on";
    expect((await bench.orchestrator.runParallel([best.thread]))[0]?.status).toBe("completed");
    const again = await bestOf(bench.orchestrator, best.thread, 2, () => 1, { vary: (copy, n) => void (copy.newMessage = `variant ${n}`) });
    expect(contents(again.best?.thread.history ?? []).slice(-2)).toEqual(["variant 0", "answer 5"]);
  });

  test("is chosen among those that completed and could be scored; where there is none nothing is kept", async () => {
    const bench = makeBench(({ sequence }) =>
      sequence % 3 === 0 ? { refuse: { status: 400, message: "no" } } : { text: String(sequence) },
    );
    const score = (thread: ChatThread): number => {
      if (thread.lastAnswer?.content === "1") throw new Error("can't be judged");
      return 1;
    };
    const found = await bestOf(bench.orchestrator, bench.thread("text"), 3, score);
    expect(found.branches.map(({ outcome, score }) => [outcome.status, score])).toEqual([
      ["failed", null],
      ["completed", null],
      ["completed", 1],
    ]);
    expect(found.branches[1]?.scoreError).toMatchObject({ message: "can't be judged" });
    expect(found.best?.thread.lastAnswer?.content).toBe("2");
    const thread = bench.thread("text");
    const none = await bestOf(bench.orchestrator, thread, 2, () => Number.NaN);
    expect(none.best).toBeNull();
    expect((await bench.registry.latest(ChatThread, thread.lineageId)).selection).toBeNull();
    await expect(bestOf(bench.orchestrator, thread, 0, () => 1)).rejects.toMatchObject({ code: "invalid_config" });
  });

  test("may have a score without bounds, which is stored as the largest number there is", async () => {
    const bench = makeBench(({ sequence }) => ({ text: String(sequence) }));
    const thread = bench.thread("text");
    const scores = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 3];
    const { best, branches } = await bestOf(bench.orchestrator, thread, 3, (_, { index }) => scores[index] ?? 0);
    expect(branches.map(({ score }) => score)).toEqual(scores);
    expect(best?.score).toBe(Number.POSITIVE_INFINITY);
    const { selection } = await bench.registry.latest(ChatThread, thread.lineageId);
    expect(selection?.candidates.map(({ score }) => score)).toEqual([-Number.MAX_VALUE, Number.MAX_VALUE, 3]);
  });

  test("can be of agents that run until a goal, within a budget, and is not chosen when the run is called off", async () => {
    const bench = makeBench(
      ({ request, sequence }) =>
        request.messages.at(-1)?.role === "tool" ? { text: "done" } : { toolCalls: [{ name: "add", arguments: { a: sequence, b: 0 } }] },
      { prices: listPrices.with([{ provider: "openai", model: "m-1", input: 1, output: 1 }]) },
    );
    const options = { runner: bench.orchestrator.runUntil.bind(bench.orchestrator) };
    const goal = toolRan("add");
    const best = await bestOf(bench.orchestrator, bench.thread("auto_tools"), 3, ({ history }) => Number(history.at(-1)?.content), {
      runner: (threads, settings) => options.runner(threads, goal, settings),
    });
    expect(best.best?.score).toBe(2);
    const poor = await bestOf(bench.orchestrator, bench.thread("auto_tools"), 3, () => 1, { budget: new Budget({ total: { tokens: 1 } }) });
    expect(poor.branches.map(({ outcome }) => (outcome.status === "failed" ? outcome.error.code : ""))).toEqual(
      Array.from({ length: 3 }, () => "budget_exceeded"),
    );
    const off = await bestOf(bench.orchestrator, bench.thread("auto_tools"), 2, () => 1, { signal: AbortSignal.abort() });
    expect(off.best).toBeNull();
  });

  test("a branch costs the same to store after 5 turns and after 200", async () => {
    let commits: Commit[] = [];
    const storage = failingStorage(new MemoryStorage(), (commit) => {
      commits.push(commit);
      return false;
    });
    const bench = makeBench(() => ({ text: "an answer", outputTokens: 3 }), { storage });
    const thread = bench.thread("text");
    const stored = async (): Promise<{ bytes: number; versions: number }> => {
      const copy = await bench.registry.get(ChatThread, thread.ecsId);
      copy.newMessage = "another way";
      commits = [];
      await bestOf(bench.orchestrator, copy, 3, () => 1);
      const versions = commits.flatMap((commit) => commit.versions);
      return { bytes: JSON.stringify(versions).length, versions: versions.length };
    };
    const turns = async (count: number): Promise<void> => {
      for (let turn = 0; turn < count; turn += 1) {
        thread.newMessage = "and then?";
        await bench.orchestrator.runParallel([thread]);
      }
    };
    await turns(5);
    const early = await stored();
    const base = await bench.registry.get(ChatThread, thread.ecsId);
    expect(base.history).toHaveLength(10);
    for (let turn = 0; turn < 195; turn += 1) {
      thread.newMessage = "and then?";
      await bench.orchestrator.runParallel([thread], { onConflict: "branch" });
    }
    const late = await stored();
    expect(late.versions).toBe(early.versions);
    expect(late.bytes / early.bytes).toBeLessThan(1.05);
  });
});

test("branches of a run that was cut off are run to their end by another process, scored and kept", async () => {
  const directory = await mkdtemp(join(tmpdir(), "minference-branching-"));
  try {
    const path = join(directory, "chats.db");
    const stop = new AbortController();
    const first = makeBench(({ sequence }) => (sequence === 1 ? (stop.abort(), new Promise(() => {})) : { text: `way ${sequence}` }), {
      storage: await openSqlite(path),
    });
    const thread = first.thread("text");
    let runId = "";
    const cut = await bestOf(first.orchestrator, thread, 3, () => 1, {
      signal: stop.signal,
      onRunStored: (id) => {
        runId = id;
      },
    });
    expect(cut.best).toBeNull();
    expect(new Set(cut.branches.map(({ outcome }) => outcome.status))).toContain("cancelled");
    await first.registry.close();

    const second = makeBench(() => ({ text: "way 9" }), { storage: await openSqlite(path) });
    const outcomes = await second.orchestrator.resume(runId, { onDoubt: "retry" });
    expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
    const score = ({ lastAnswer }: ChatThread): number => Number(lastAnswer?.content.at(-1));
    const { best } = await keepBest(second.registry, outcomes, score, { baseId: thread.ecsId });
    expect(best?.score).toBe(9);
    expect((await second.registry.latest(ChatThread, thread.lineageId)).ecsId).toBe(best?.thread.ecsId);
    await second.registry.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});

describe("tree search", () => {
  const digits = (thread: ChatThread): string => thread.lastAnswer?.content.replaceAll(" ", "") ?? "";
  const say = (n: number) => (thread: ChatThread) => void (thread.newMessage = String(n));
  const edits = [0, 1, 2].map(say);

  test("a beam goes on with the best of each step, and keeps the best of all", async () => {
    const bench = makeBench(echoing);
    const root = bench.thread("text", { newMessage: null });
    const { best, ended, nodes } = await treeSearch({
      orchestrator: bench.orchestrator,
      root,
      expand: () => edits,
      score: (thread) => Number(digits(thread)),
      width: 2,
      depth: 3,
    });
    expect(ended).toBe("exhausted");
    expect(nodes.map(({ score }) => score)).toEqual([0, 1, 2, 20, 21, 22, 10, 11, 12, 220, 221, 222, 210, 211, 212]);
    expect(best?.node).toMatchObject({ score: 222, depth: 3 });
    expect(best?.node.parent?.parent?.score).toBe(2);
    const latest = await bench.registry.latest(ChatThread, root.lineageId);
    expect(latest.ecsId).toBe(best?.thread.ecsId);
    expect(latest.selection).toMatchObject({ baseId: root.ecsId, keptId: best?.node.versionId, score: 222 });
    expect(latest.selection?.candidates).toHaveLength(15);
    expect(digits(await bench.registry.get(ChatThread, nodes[3]?.versionId ?? ""))).toBe("20");
  });

  test("best first goes back to what was left behind when it is better", async () => {
    const bench = makeBench(echoing);
    const values: Record<string, number> = { 0: 5, 1: 6, 10: 1, 11: 2, 12: 3, 2: 4 };
    const { best, ended, nodes } = await treeSearch({
      orchestrator: bench.orchestrator,
      root: bench.thread("text", { newMessage: null }),
      expand: () => edits,
      score: (thread) => values[digits(thread)] ?? 9,
      width: 1,
      depth: 2,
      strategy: "best_first",
      goal: ({ score }) => score === 9,
    });
    expect(ended).toBe("goal");
    expect(nodes.map(({ score }) => score)).toEqual([5, 6, 4, 1, 2, 3, 9, 9, 9]);
    expect(digits(best?.thread ?? bench.thread("text"))).toBe("00");
  });

  test("ends with what it has when the budget, the number of nodes or the ways on are used up", async () => {
    const bench = makeBench(echoing);
    const common = {
      orchestrator: bench.orchestrator,
      expand: () => edits,
      score: (thread: ChatThread) => Number(digits(thread)),
      width: 3,
      depth: 9,
    };
    const root = () => bench.thread("text", { newMessage: null });
    const poor = await treeSearch({ ...common, root: root(), run: { budget: new Budget({ total: { tokens: 1600 } }) } });
    expect(poor).toMatchObject({ ended: "budget", best: { node: { status: "completed" } } });
    expect(poor.nodes.some(({ status }) => status === "failed")).toBe(true);
    const few = await treeSearch({ ...common, root: root(), maxNodes: 5 });
    expect([few.ended, few.nodes.length]).toEqual(["nodes", 5]);
    const short = await treeSearch({ ...common, root: root(), expand: (_, depth) => (depth === 0 ? edits : []) });
    expect([short.ended, short.nodes.length]).toEqual(["exhausted", 3]);
    const off = await treeSearch({ ...common, root: root(), run: { signal: AbortSignal.abort() } });
    expect([off.ended, off.best]).toEqual(["cancelled", null]);
    await expect(treeSearch({ ...common, root: root(), width: 0 })).rejects.toMatchObject({ code: "invalid_config" });
    const later = await treeSearch({ ...common, root: few.nodes[0]?.versionId ?? "", maxNodes: 3 });
    expect(later.nodes).toHaveLength(3);
  });
});

test("branches are compared with the last version that all of them came from: what was said, what was changed, what it cost", async () => {
  const bench = makeBench(counting, { prices: listPrices.with([{ provider: "openai", model: "m-1", input: 0, output: 1000 }]) });
  const thread = bench.thread("text");
  await bench.orchestrator.runParallel([thread]);
  const base = thread.ecsId;
  const left = await branchThread(bench.registry, base, (copy) => void (copy.newMessage = "left"));
  const right = await branchThread(bench.registry, base, (copy) => {
    copy.newMessage = "right";
    copy.systemPrompt = new SystemPrompt({ name: "poet", content: "Rhyme." });
  });
  await bench.orchestrator.runParallel([left, right]);
  right.newMessage = "more";
  await bench.orchestrator.runParallel([right]);
  const { ancestorId, branches } = await compareBranches(bench.registry, [left.ecsId, right.ecsId]);
  expect(ancestorId).toBe(base);
  expect(branches.map(({ messages }) => contents(messages))).toEqual([
    ["left", "answer 1"],
    ["right", "answer 2", "more", "answer 3"],
  ]);
  expect(branches.map(({ changes }) => changes.map(({ field }) => field))).toEqual([[], ["systemPrompt"]]);
  expect(branches.map(({ usage }) => usage.costUsd)).toEqual([0.01, 0.02]);
  expect(branches.map(({ versions }) => versions)).toEqual([3, 5]);
  expect((await usageOf(bench.registry, { thread: thread.lineageId })).costUsd).toBe(0.04);
  const stranger = bench.thread("text");
  await bench.registry.register(stranger);
  await expect(compareBranches(bench.registry, [left.ecsId, stranger.ecsId])).rejects.toThrow("no ancestor in common");
});

describe("many threads at once", () => {
  test("get another prompt and configuration in one commit, which the next requests carry", async () => {
    const bench = makeBench(counting);
    const threads = Array.from({ length: 20 }, () => bench.thread("text"));
    await bench.orchestrator.runParallel(threads);
    const before = (await bench.registry.storage.statistics()).commits;
    const systemPrompt = new SystemPrompt({ name: "poet", content: "Rhyme." });
    const half = threads.slice(10).map(({ ecsId }) => ecsId);
    const updated = await updateThreads(bench.registry, [...threads.slice(0, 10), ...half], (thread) => {
      thread.systemPrompt = systemPrompt;
      thread.llmConfig.temperature = 0.5;
      thread.newMessage = "and now?";
    });
    expect((await bench.registry.storage.statistics()).commits).toBe(before + 1);
    expect(new Set(updated.slice(10).map(({ llmConfig }) => llmConfig)).size).toBe(1);
    let edits = 0;
    const [first] = updated;
    if (first === undefined) throw new Error("no thread was updated");
    await updateThreads(bench.registry, [first, first], () => void (edits += 1));
    expect(edits).toBe(1);
    const outcomes = await bench.orchestrator.runParallel(updated);
    expect(outcomes.every(({ status }) => status === "completed")).toBe(true);
    for (const request of bench.client.requests.slice(20)) {
      expect(request).toMatchObject({ temperature: 0.5, messages: [{ role: "system", text: "Rhyme." }, {}, {}, {}] });
    }
    expect(textOf({ role: "assistant", parts: updated[0]?.lastAnswer?.answerParts ?? [] })).toContain("answer");
  });

  test("are stored once edits that take time are done, one after another, and not at all when one rejects", async () => {
    const bench = makeBench(counting);
    const threads = Array.from({ length: 3 }, () => bench.thread("text"));
    await bench.registry.register(threads);
    const ids = threads.map(({ ecsId }) => ecsId);
    let under = 0;
    const updated = await updateThreads(bench.registry, ids, async (thread) => {
      under += 1;
      await new Promise((resolve) => setImmediate(resolve));
      thread.name = `edited alone: ${under === 1}`;
      under -= 1;
    });
    for (const { lineageId } of updated) {
      expect((await bench.registry.latest(ChatThread, lineageId)).name).toBe("edited alone: true");
    }
    const fails = async (thread: ChatThread): Promise<void> => {
      thread.name = "lost";
      await Promise.reject(new Error("no name today"));
    };
    await expect(
      updateThreads(
        bench.registry,
        updated.map(({ ecsId }) => ecsId),
        fails,
      ),
    ).rejects.toThrow("no name today");
    expect((await bench.registry.latest(ChatThread, updated[0]?.lineageId ?? "")).name).toBe("edited alone: true");
  });

  test("are left as they are when one of them can't be changed so, or was changed meanwhile", async () => {
    const bench = makeBench(counting);
    const [one, two] = [bench.thread("text"), bench.thread("text", { llmConfig: LLMConfig.create({ client: "openai", model: "m-2" }) })];
    await bench.registry.register([one, two]);
    const ids = [one.ecsId, two.ecsId];
    const count = async () => (await bench.registry.storage.statistics()).versions;
    const before = await count();
    await expect(
      updateThreads(bench.registry, ids, (thread) => {
        if (thread.llmConfig.model === "m-2") thread.llmConfig.responseFormat = "workflow";
      }),
    ).rejects.toMatchObject({ code: "invalid_thread" });
    expect(await count()).toBe(before);
    two.name = "changed elsewhere";
    await bench.registry.register(two);
    const rename = (thread: ChatThread): void => {
      thread.name = "both";
    };
    await expect(updateThreads(bench.registry, ids, rename)).rejects.toMatchObject({ name: "ConflictError" });
    expect((await bench.registry.latest(ChatThread, one.lineageId)).name).toBeNull();
    await updateThreads(bench.registry, ids, rename, { onConflict: "branch" });
    expect((await bench.registry.latest(ChatThread, one.lineageId)).name).toBe("both");
  });
});
