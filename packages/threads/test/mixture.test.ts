import type { SimulatedAnswer, SimulatedRefusal, SimulatedScript, SimulatedToolCall } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { ChatThread, type Outcome } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

const calls = {
  good: { name: "add", arguments: { a: 1, b: 2 } },
  unfit: { name: "add", arguments: { a: "x" } },
  malformed: { name: "add", argumentsText: "{" },
  unknown: { name: "nope", arguments: {} },
  throwing: { name: "explode", arguments: {} },
} satisfies Record<string, SimulatedToolCall>;

const ends = {
  completed: { text: "done" },
  provider: { refuse: { status: 400, message: "no" } },
  truncated: { text: "do", finishReason: "length" },
  refused: { text: "no", finishReason: "refusal" },
  empty_answer: { text: "", finishReason: "stop" },
} satisfies Record<string, SimulatedAnswer | SimulatedRefusal>;

interface Plan {
  readonly turns: readonly (readonly (keyof typeof calls)[])[];
  readonly end: keyof typeof ends;
}

const keysOf = <K extends string>(record: Record<K, unknown>): fc.Arbitrary<K> =>
  fc.constantFrom(...Object.keys(record).filter((key): key is K => key in record));

const plan: fc.Arbitrary<Plan> = fc.record({
  turns: fc.array(fc.array(keysOf(calls), { minLength: 1, maxLength: 4 }), { maxLength: 4 }),
  end: keysOf(ends),
});

/** Follows the plan whose number the user names; the turn is told by how many answers there are. */
function follow(plans: readonly Plan[]): SimulatedScript {
  return ({ request }) => {
    const first = request.messages.find((message) => message.role === "user");
    const [part] = first?.parts ?? [];
    const chosen = plans[part?.type === "text" ? Number(part.text) : 0];
    const turn = chosen?.turns[request.messages.filter((message) => message.role === "assistant").length];
    if (turn === undefined) return ends[chosen?.end ?? "completed"];
    return { text: turn.length % 2 === 0 ? "hm" : "", toolCalls: turn.map((name) => calls[name]) };
  };
}

const limit = 4;

function expected({ turns, end }: Plan): string {
  return turns.length >= limit ? "step_limit" : end;
}

function classOf(outcome: Outcome): string {
  return outcome.status === "failed" ? outcome.error.code : outcome.status;
}

test("any mixture of what can happen gives one outcome a thread, in order, of the right class, and valid histories", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 12 }), fc.boolean(), async (plans, ledger) => {
      const bench = makeBench(follow(plans), { maxSteps: limit, ledger });
      const explode = bench.callables.register({
        name: "explode",
        docstring: "Always throws",
        input: z.object({}),
        run: () => {
          throw new Error("boom");
        },
      });
      const threads = plans.map((_, index) => bench.thread("auto_tools", { tools: [bench.add, explode], newMessage: String(index) }));
      const outcomes = await bench.orchestrator.runParallel(threads);
      expect(outcomes.map(classOf)).toEqual(plans.map(expected));
      expect(outcomes.map((outcome) => outcome.thread)).toEqual(threads);
      const registry = new EntityRegistry(bench.storage);
      for (const [index, { turns }] of plans.entries()) {
        const thread = threads[index];
        if (thread === undefined) throw new Error("a thread is missing");
        expect(thread.hasModifications()).toBe(false);
        const stored = await registry.get(ChatThread, thread.ecsId);
        expect(stored.toRequest()).toEqual(thread.toRequest());
        const answers = stored.history.filter((message) => message.role === "assistant");
        const results = stored.history.filter((message) => message.role === "tool");
        expect(results.map((message) => message.toolCallId)).toEqual(
          answers.flatMap((message) => message.toolCalls.map((call) => call.id)),
        );
        expect(results.map((message) => message.isError)).toEqual(turns.flat().map((name) => name !== "good"));
        expect(stored.pendingToolCalls).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});
