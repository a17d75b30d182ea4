import { expect, test } from "vitest";
import * as z from "zod";
import { ChatThread } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

test("aborting ends every thread at once; what is done is stored", async () => {
  const controller = new AbortController();
  const aborted = new Promise<void>((resolve) => controller.signal.addEventListener("abort", () => resolve()));
  const bench = makeBench(async ({ request }) => {
    const first = request.messages.find((message) => message.role === "user");
    if (first?.parts[0]?.type === "text" && first.parts[0].text === "quick") return { text: "done" };
    await aborted;
    return { text: "too late" };
  });
  const waiting = Array.from({ length: 50 }, () => bench.thread("text"));
  const quick = bench.thread("text", { newMessage: "quick" });
  const running = bench.orchestrator.runParallel([quick, ...waiting], {
    signal: controller.signal,
    onEvent: (event) => event.type === "thread_finished" && event.thread === quick && controller.abort("enough"),
  });
  const [first, ...others] = await running;
  expect(first?.status).toBe("completed");
  for (const outcome of others) expect(outcome).toMatchObject({ status: "cancelled", reason: "enough" });
  for (const thread of waiting) {
    const stored = await bench.registry.get(ChatThread, thread.ecsId);
    expect(stored.history.map((message) => message.content)).toEqual(["What is 1 + 2?"]);
    expect(thread.hasModifications()).toBe(false);
  }
});

test("a run that is called off before it starts sends and stores nothing", async () => {
  const bench = makeBench(() => ({ text: "3" }));
  const thread = bench.thread("text");
  const outcomes = await bench.orchestrator.runParallel([thread, bench.thread("text")], { signal: AbortSignal.abort() });
  expect(outcomes.map((outcome) => outcome.status)).toEqual(["cancelled", "cancelled"]);
  expect((await bench.storage.statistics()).versions).toBe(0);
  expect(thread.newMessage).toBe("What is 1 + 2?");
  expect(bench.client.requests).toEqual([]);
});

test("tools that were done keep their results; the others run when the thread is taken up again", async () => {
  const controller = new AbortController();
  let hang = true;
  const runs = { add: 0, wait: 0 };
  const bench = makeBench(({ request }) =>
    request.messages.at(-1)?.role === "tool"
      ? { text: "done" }
      : {
          toolCalls: [
            { id: "wait", name: "wait", arguments: {} },
            { id: "sum", name: "sum", arguments: {} },
          ],
        },
  );
  const sum = bench.callables.register({ name: "sum", docstring: "", input: z.object({}), run: () => ((runs.add += 1), 3) });
  const wait = bench.callables.register({
    name: "wait",
    docstring: "",
    input: z.object({}),
    run: (_, { signal }) => {
      runs.wait += 1;
      if (!hang) return "waited";
      return new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    },
  });
  const thread = bench.thread("auto_tools", { tools: [sum, wait] });
  const [outcome] = await bench.orchestrator.runParallel([thread], {
    signal: controller.signal,
    onEvent: (event) => event.type === "tool_finished" && event.toolName === "sum" && controller.abort(),
  });
  expect(outcome?.status).toBe("cancelled");
  expect(thread.pendingToolCalls.map((call) => call.id)).toEqual(["wait"]);
  expect(() => thread.toRequest()).toThrow(/no result for the tool calls wait/);

  hang = false;
  const loaded = await bench.registry.get(ChatThread, thread.ecsId);
  const [again] = await bench.orchestrator.runParallel([loaded]);
  expect(again?.status).toBe("completed");
  expect(runs).toEqual({ add: 1, wait: 2 });
  const tools = bench.client.requests.at(-1)?.messages.at(-1);
  expect(tools?.role === "tool" && tools.results.map((result) => [result.toolCallId, result.content])).toEqual([
    ["wait", "waited"],
    ["sum", "3"],
  ]);
});
