import type { SimulatedScript } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { expect, test } from "vitest";
import { CallableRegistry, ChatThread, InferenceOrchestrator } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

const twoRounds: SimulatedScript = ({ request }) => {
  const round = request.messages.filter((message) => message.role === "assistant").length;
  if (round === 2) return { text: "done" };
  return {
    toolCalls: [
      { id: `${round}a`, name: "add", arguments: { a: round, b: 1 } },
      { id: `${round}b`, name: "nope", arguments: {} },
    ],
  };
};

test("from each stored version, as after a crash, another process takes the conversation up and it ends the same", async () => {
  const bench = makeBench(twoRounds);
  const thread = bench.thread("auto_tools");
  await bench.orchestrator.runParallel([thread]);
  const whole = thread.toRequest();
  const { versions } = await bench.registry.lineage(thread.lineageId);
  expect(versions).toHaveLength(6);
  for (const [index, { ecsId }] of versions.slice(0, -1).entries()) {
    const registry = new EntityRegistry(bench.storage);
    const loaded = await registry.get(ChatThread, ecsId);
    const before = bench.client.requests.length;
    const orchestrator = new InferenceOrchestrator({ registry, clients: { openai: bench.client }, callables: bench.callables });
    const [outcome] = await orchestrator.runParallel([loaded], { onConflict: "branch" });
    expect(outcome?.status).toBe("completed");
    expect(loaded.toRequest()).toEqual(whole);
    expect(bench.client.requests.length - before).toBe([3, 2, 2, 1, 1][index]);
  }
  expect((await bench.registry.get(ChatThread, thread.ecsId)).toRequest()).toEqual(whole);
});

test("a forced call that was not run before a crash runs when the thread is taken up, and nothing is sent", async () => {
  const bench = makeBench(() => ({ toolCalls: [{ name: "add", arguments: { a: 1, b: 2 } }] }));
  const thread = bench.thread("tool");
  await bench.orchestrator.runParallel([thread]);
  const [, answered] = (await bench.registry.lineage(thread.lineageId)).versions;
  const loaded = await bench.registry.get(ChatThread, answered?.ecsId ?? "");
  expect(loaded.pendingToolCalls).toHaveLength(1);
  const [outcome] = await bench.orchestrator.runParallel([loaded]);
  expect(outcome).toMatchObject({ status: "completed", attempts: 0 });
  expect(loaded.history.at(-1)?.content).toBe("3");
  expect(bench.client.requests).toHaveLength(1);
});

test("a new message on an old version is refused, or starts a branch when that is asked for", async () => {
  const bench = makeBench(() => ({ text: "ok" }));
  const thread = bench.thread("text");
  await bench.orchestrator.runParallel([thread]);
  const [first] = (await bench.registry.lineage(thread.lineageId)).versions;
  const old = await bench.registry.get(ChatThread, first?.ecsId ?? "");
  old.newMessage = "Something else?";
  const [refused] = await bench.orchestrator.runParallel([old]);
  expect(refused).toMatchObject({ status: "failed", error: { code: "conflict" } });
  expect(old.newMessage).toBe("Something else?");
  const [branched] = await bench.orchestrator.runParallel([old], { onConflict: "branch" });
  expect(branched?.status).toBe("completed");
  expect((await bench.registry.lineage(thread.lineageId)).heads).toHaveLength(2);
});

test("an old copy of a thread that waits for its answer is not asked for again once another copy was answered", async () => {
  const bench = makeBench(() => ({ text: "ok" }));
  const thread = bench.thread("text");
  thread.addUserMessage();
  await bench.registry.register(thread);
  const [one, other] = await Promise.all([1, 2].map(async () => bench.registry.get(ChatThread, thread.ecsId)));
  if (one === undefined || other === undefined) throw new Error("there are two copies");
  expect((await bench.orchestrator.runParallel([one]))[0]?.status).toBe("completed");
  expect((await bench.orchestrator.runParallel([other]))[0]).toMatchObject({ status: "failed", error: { code: "conflict" } });
  expect(bench.client.requests).toHaveLength(1);
  expect((await bench.orchestrator.runParallel([other], { onConflict: "branch" }))[0]?.status).toBe("completed");
});

test("in another process the tools' functions have to be registered, which is said before anything is sent", async () => {
  const bench = makeBench(twoRounds);
  const thread = bench.thread("auto_tools");
  await bench.registry.register(thread);
  const registry = new EntityRegistry(bench.storage);
  const loaded = await registry.get(ChatThread, thread.ecsId);
  const orchestrator = new InferenceOrchestrator({ registry, clients: { openai: bench.client }, callables: new CallableRegistry() });
  const [outcome] = await orchestrator.runParallel([loaded]);
  expect(outcome).toMatchObject({ status: "failed", error: { code: "unbound_tool", message: expect.stringContaining("add") } });
  expect(bench.client.requests).toEqual([]);
});
