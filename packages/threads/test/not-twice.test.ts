import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { ScriptedChatClient } from "@minference/clients/testing";
import { MemoryStorage } from "@minference/storage-memory";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig, type Outcome } from "../src/index.ts";

const codeOf = (outcome: Outcome | undefined): string => (outcome?.status === "failed" ? outcome.error.code : String(outcome?.status));

/** A process in which a model has a bill paid, which needs approval and must not happen twice. */
function payer(storage: EntityStorage, pay: () => string | Promise<string>, options: { approval: boolean; ledger: boolean }) {
  const registry = new EntityRegistry(storage);
  const callables = new CallableRegistry();
  const { approval, ledger } = options;
  const tool = callables.register({ name: "pay", docstring: "Pays", input: z.object({}), idempotent: false, approval, run: pay });
  const client = new ScriptedChatClient({
    script: ({ request }) =>
      request.messages.at(-1)?.role === "tool" ? { text: "done" } : { toolCalls: [{ id: "p", name: "pay", arguments: {} }] },
  });
  const orchestrator = new InferenceOrchestrator({ registry, callables, clients: { openai: client }, ledger });
  const llmConfig = LLMConfig.create({ client: "openai", model: "m", responseFormat: "auto_tools" });
  return { registry, orchestrator, thread: ChatThread.create({ llmConfig, tools: [tool], newMessage: "Pay." }) };
}

describe.each([{ ledger: true }, { ledger: false }])("a call that must not run twice (a ledger is kept: $ledger)", ({ ledger }) => {
  test("is in doubt in every later run once it was begun and called off, until somebody says that it is to run again", async () => {
    const storage = new MemoryStorage();
    const controller = new AbortController();
    let begun = 0;
    const first = payer(
      storage,
      () => {
        begun += 1;
        controller.abort();
        return new Promise<never>(() => {});
      },
      { approval: false, ledger },
    );
    expect(codeOf((await first.orchestrator.runParallel([first.thread], { signal: controller.signal }))[0])).toBe("cancelled");
    expect(first.thread.doubtfulToolCalls).toEqual(["p"]);

    const later = payer(storage, () => `paid ${(begun += 1)}`, { approval: false, ledger });
    const thread = await later.registry.latest(ChatThread, first.thread.lineageId);
    const [asked] = await later.orchestrator.runParallel([thread]);
    expect(asked).toMatchObject({ status: "in_doubt", doubt: { about: { kind: "tool_calls", toolCallIds: ["p"] } } });
    expect(codeOf((await later.orchestrator.runParallel([thread], { onDoubt: "fail" }))[0])).toBe("in_doubt");
    expect(begun).toBe(1);
    const [again] = await later.orchestrator.runParallel([thread], { onDoubt: "retry" });
    expect(again?.status).toBe("completed");
    expect(begun).toBe(2);
    expect(thread.begunToolCalls).toEqual([]);
  });

  test("runs for one of several processes that take up the thread at once, and for none that does so later with an old copy", async () => {
    const storage = new MemoryStorage();
    let paid = 0;
    const pay = async (): Promise<string> => {
      paid += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return "paid";
    };
    const first = payer(storage, pay, { approval: true, ledger });
    expect(codeOf((await first.orchestrator.runParallel([first.thread]))[0])).toBe("awaiting_approval");
    first.thread.approve(["p"]);
    await first.registry.register(first.thread);

    const copies = await Promise.all(
      [1, 2, 3].map(async () => {
        const { orchestrator, registry } = payer(storage, pay, { approval: true, ledger });
        return { orchestrator, thread: await registry.latest(ChatThread, first.thread.lineageId) };
      }),
    );
    const run = async ({ orchestrator, thread }: (typeof copies)[number]): Promise<string> =>
      codeOf((await orchestrator.runParallel([thread], { onDoubt: "retry" }))[0]);
    const [one, two, three] = copies;
    if (one === undefined || two === undefined || three === undefined) throw new Error("there are three copies");
    expect((await Promise.all([run(one), run(two)])).toSorted()).toEqual(["completed", "conflict"]);
    expect(await run(three)).toBe("conflict");
    expect(paid).toBe(1);
  });
});
