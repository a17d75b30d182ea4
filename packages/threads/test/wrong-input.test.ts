import { expect, test } from "vitest";
import { treeSearch } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

test.each<[string, unknown, string]>([
  ["an object that is no thread", {}, "thread 1 is no ChatThread but an object"],
  ["an id", "an id", 'thread 1 is no ChatThread but "an id"'],
  ["nothing", undefined, "thread 1 is no ChatThread but undefined"],
])("%s among the threads is refused, and the others can be run without it", async (_, wrong, message) => {
  const bench = makeBench(() => ({ text: "fine" }));
  const thread = bench.thread("text");
  const refusal = { name: "ThreadError", code: "invalid_thread", message };
  // @ts-expect-error -- the compiler refuses it as well
  await expect(bench.orchestrator.runParallel([thread, wrong])).rejects.toMatchObject(refusal);
  // @ts-expect-error -- the compiler refuses it as well
  await expect(bench.orchestrator.run([thread, wrong]).next()).rejects.toMatchObject(refusal);
  expect(bench.client.requests).toHaveLength(0);
  expect((await bench.orchestrator.runParallel([thread]))[0]?.status).toBe("completed");
});

test("threads are taken as a list", async () => {
  const bench = makeBench(() => ({ text: "fine" }));
  // @ts-expect-error -- the compiler refuses it as well
  await expect(bench.orchestrator.runParallel(bench.thread("text"))).rejects.toMatchObject({
    code: "invalid_thread",
    message: "threads have to be a list of ChatThreads, not an object",
  });
});

test("a policy that there is not is refused before anything is stored", async () => {
  const bench = makeBench(() => ({ text: "" }));
  const threads = [bench.thread("text")];
  const refused = (message: string) => ({ code: "invalid_config", message });
  // @ts-expect-error -- the compiler refuses it as well
  await expect(bench.orchestrator.runParallel(threads, { onDoubt: "Retry" })).rejects.toMatchObject(
    refused('onDoubt is "Retry": give "ask", "retry" or "fail"'),
  );
  // @ts-expect-error -- the compiler refuses it as well
  await expect(bench.orchestrator.runParallel(threads, { onConflict: "merge" })).rejects.toMatchObject(
    refused('onConflict is "merge": give "reject" or "branch"'),
  );
  // @ts-expect-error -- the compiler refuses it as well
  await expect(bench.orchestrator.resume("no run", { failed: "none" })).rejects.toMatchObject(
    refused('failed is "none": give "retryable" or "all"'),
  );
  const search = { orchestrator: bench.orchestrator, root: bench.thread("text"), expand: () => [], score: () => 1, width: 1, depth: 1 };
  // @ts-expect-error -- the compiler refuses it as well
  await expect(treeSearch({ ...search, strategy: "zzz" })).rejects.toMatchObject(refused('strategy is "zzz": give "beam" or "best_first"'));
  expect((await bench.storage.statistics()).versions).toBe(0);
});
