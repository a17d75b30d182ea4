import { correlate } from "@minference/ecs";
import { EntityRegistry, type LogFields } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { expect, test } from "vitest";
import type { Outcome } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

/** Answers each question when it is let through. */
function gated() {
  const gates = new Map<string, PromiseWithResolvers<null>>();
  const gate = (name: string): PromiseWithResolvers<null> => {
    const known = gates.get(name) ?? Promise.withResolvers<null>();
    gates.set(name, known);
    return known;
  };
  const bench = makeBench(async ({ request }) => {
    const last = request.messages.at(-1);
    const [part] = last?.role === "user" ? last.parts : [];
    const text = part?.type === "text" ? part.text : "";
    await gate(text).promise;
    return { text: `answer ${text}` };
  });
  const threads = ["a", "b", "c"].map((newMessage) => bench.thread("text", { name: newMessage, newMessage }));
  return { ...bench, threads, open: (name: string) => gate(name).resolve(null) };
}

test("each outcome is given as soon as it is there, and tells whose it is", async () => {
  const bench = gated();
  const outcomes = bench.orchestrator.run(bench.threads);
  const told: [number, string][] = [];
  for (const name of ["c", "a", "b"]) {
    bench.open(name);
    const { value } = await outcomes.next();
    if (value) told.push([value.index, value.status]);
  }
  expect(told).toEqual([
    [2, "completed"],
    [0, "completed"],
    [1, "completed"],
  ]);
  expect(await outcomes.next()).toEqual({ value: undefined, done: true });
});

test("leaving the loop calls off the rest, which can be run again", async () => {
  const bench = gated();
  bench.open("b");
  const seen: Outcome[] = [];
  for await (const outcome of bench.orchestrator.run(bench.threads)) {
    seen.push(outcome);
    break;
  }
  expect(seen.map(({ index }) => index)).toEqual([1]);
  for (const name of ["a", "c"]) bench.open(name);
  const [first, , third] = bench.threads;
  if (first === undefined || third === undefined) throw new Error("threads are missing");
  const again = await bench.orchestrator.runParallel([first, third]);
  expect(again.map(({ status }) => status)).toEqual(["completed", "completed"]);
  expect(first.history.map(({ content }) => content)).toEqual(["a", "answer a"]);
});

test("a thread given twice is refused at the first step, and the caller's signal still counts", async () => {
  const bench = gated();
  const [first] = bench.threads;
  if (first === undefined) throw new Error("a thread is missing");
  await expect(bench.orchestrator.run([first, first]).next()).rejects.toMatchObject({ code: "duplicate_thread" });
  const outcomes = bench.orchestrator.run([first], { signal: AbortSignal.abort("enough") });
  expect((await outcomes.next()).value).toMatchObject({ status: "cancelled", reason: "enough" });
  expect(await Array.fromAsync(bench.orchestrator.run([]))).toEqual([]);
});

test("what a registry logs of a thread's steps carries its lineage as correlation id, or the caller's", async () => {
  const ids: unknown[] = [];
  const log = (fields: LogFields): void => void ids.push(fields.correlationId);
  const logger = { debug: () => {}, info: log, warn: log, error: log };
  const bench = makeBench(() => ({ text: "fine" }), { registry: new EntityRegistry(new MemoryStorage(), { logger }) });
  const threads = [bench.thread("text"), bench.thread("text")];
  await bench.orchestrator.runParallel(threads);
  expect(new Set(ids)).toEqual(new Set([undefined, ...threads.map(({ lineageId }) => lineageId)]));
  ids.length = 0;
  await correlate("mine", () => bench.orchestrator.runParallel([bench.thread("text")]));
  expect(new Set(ids)).toEqual(new Set(["mine"]));
});
