import { type AttemptEvent, type ChatResponse, ProviderError, usageOf } from "@minference/clients";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Usage } from "../usage/usage.ts";
import { budget as condition } from "./budget-condition.ts";
import { Budget } from "./budget.ts";
import type { BudgetedBy, BudgetedRequest } from "./budgeted-request.ts";
import { costInNanos, type ModelPrice, usdOf } from "./model-price.ts";

const price: ModelPrice = {
  provider: "openai",
  model: "m",
  input: 1,
  cachedInput: 1,
  cacheWrite: 1,
  output: 2,
  asOf: "2026-11-22",
  source: "https://example.com",
};
const by: BudgetedBy = { thread: "t", model: "m", maxTokens: 100, price, priority: 1, lost: null, signal: undefined };
const at = { attempt: 1, at: 0 };
const queued = (estimatedTokens: number): AttemptEvent => ({ type: "queued", estimatedTokens, ...at });
const sent: AttemptEvent = { type: "sent", idempotencyKey: "k", ...at };
const error = new ProviderError({ code: "timeout", message: "late", provider: "openai" });

function answered(inputTokens: number, outputTokens: number, attempts = 1): ChatResponse {
  return {
    provider: "openai",
    model: "m",
    requestId: null,
    finishReason: "stop",
    message: { role: "assistant", parts: [] },
    usage: usageOf({ inputTokens, outputTokens }),
    timings: { submittedAt: 0, sentAt: 0, doneAt: 0, queuedMs: 0 },
    attempts,
    raw: {},
  };
}

describe("one request", () => {
  test("is reserved with the most it can take, and settled by what it took", async () => {
    const budget = new Budget({ total: { tokens: 1000 } });
    const request = budget.open(by);
    await request.follow(queued(40));
    expect(budget.reserved).toEqual({ tokens: 160, usd: (60 + 200) / 1e6 });
    await request.follow(sent);
    request.close(answered(50, 7));
    expect(budget.reserved).toEqual({ tokens: 0, usd: 0 });
    expect(budget.spent).toEqual({ tokens: 57, usd: (50 + 14) / 1e6 });
  });

  test.each([
    ["was refused for the provider's limits", [queued(40), sent, { type: "refused", error, ...at }], 0],
    ["got an error for an answer", [queued(40), sent, { type: "failed", error, charged: false, ...at }], 0],
    ["broke off, and may be billed", [queued(40), sent, { type: "failed", error, charged: true, ...at }], 160],
    ["was called off before it left", [queued(40)], 0],
    ["ended without a word after it left", [queued(40), sent], 160],
    ["was kept from before", [{ type: "done", response: answered(5, 5, 0), attempt: 0, at: 0 }], 0],
  ] satisfies [string, AttemptEvent[], number][])("that %s counts with what it may have cost", async (_, events, tokens) => {
    const budget = new Budget({ total: { tokens: 1000 } });
    const request = budget.open(by);
    for (const event of events) await request.follow(event);
    request.close(null);
    expect(budget.spent.tokens).toBe(tokens);
    expect(budget.reserved.tokens).toBe(0);
  });

  test("of a client that tells of no steps counts when it is answered", () => {
    const budget = new Budget({ total: { tokens: 1000 } });
    budget.open(by).close(answered(50, 7));
    expect(budget.spent.tokens).toBe(57);
  });

  test("whose answer reports more input than was thought makes later reservations larger", async () => {
    const budget = new Budget({ total: { tokens: 10_000 } });
    const first = budget.open(by);
    await first.follow(queued(100));
    first.close(answered(300, 1));
    await budget.open(by).follow(queued(100));
    expect(budget.reserved.tokens).toBe(Math.ceil(100 * 3.3) + 100);
  });

  test("whose answer does not say what it took counts with all that it may have taken", async () => {
    const budget = new Budget({ total: { tokens: 1000 }, inputMargin: 1 });
    const request = budget.open(by);
    await request.follow(queued(40));
    request.close(answered(0, 0));
    expect(budget.spent.tokens).toBe(140);
    expect(budget.reserved.tokens).toBe(0);
  });
});

test("what a process that is gone may have been billed for a request counts when it is sent again, once", async () => {
  const budget = new Budget({ total: { tokens: 1000 }, inputMargin: 1 });
  const request = budget.open({ ...by, lost: { idempotencyKey: "k", model: "m", reserved: null } });
  await request.follow(queued(40));
  expect(budget.spent.tokens).toBe(140);
  await request.follow({ type: "refused", error, ...at });
  await request.follow(queued(40));
  request.close(answered(40, 10));
  expect(budget.spent.tokens).toBe(190);
  const again = budget.open({ ...by, lost: { idempotencyKey: "k", model: "m", reserved: null } });
  await again.follow(queued(40));
  again.close(answered(40, 10));
  expect(budget.spent.tokens).toBe(240);
  const known = budget.open({ ...by, lost: { idempotencyKey: "l", model: "m", reserved: { tokens: 70, usd: null } } });
  await known.follow(queued(40));
  known.close(answered(40, 10));
  expect(budget.spent.tokens).toBe(360);
});

test("what does not fit waits for what is in flight, and what never will is refused at once, with the figures", async () => {
  const budget = new Budget({ total: { usd: 0.001 }, inputMargin: 1 });
  const first = budget.open(by);
  await first.follow(queued(400)); // at most 600 millionths
  const second = budget.open({ ...by, thread: "u" });
  let admitted = false;
  const waiting = second.follow(queued(400)).then(() => (admitted = true));
  await expect(budget.open(by).follow(queued(900))).rejects.toMatchObject({
    code: "budget_exceeded",
    message: "the budget has $0.001 of $0.001 left, and the request may cost $0.0011",
  });
  const small = budget.open({ ...by, thread: "v" });
  await small.follow(queued(100)); // 300 millionths: goes past the one that waits
  expect(admitted).toBe(false);
  first.close(answered(60, 10));
  await waiting;
  expect(budget.reserved.usd).toBeCloseTo(0.0009, 12);
});

test("one that waits is refused once what was spent leaves no room for it", async () => {
  const budget = new Budget({ total: { tokens: 500 }, inputMargin: 1 });
  const first = budget.open(by);
  await first.follow(queued(200));
  const second = budget.open(by).follow(queued(200));
  first.close(answered(200, 100));
  await expect(second).rejects.toMatchObject({ code: "budget_exceeded" });
  expect(budget.reserved.tokens).toBe(0);
});

test("of those that wait, threads that have begun go first, else who came first", async () => {
  const budget = new Budget({ total: { tokens: 1001 }, inputMargin: 1 });
  const first = budget.open({ ...by, maxTokens: 801 });
  await first.follow(queued(0));
  const order: string[] = [];
  const wait = (name: string, priority: number): Promise<unknown> =>
    budget
      .open({ ...by, maxTokens: 300, priority })
      .follow(queued(0))
      .then(() => order.push(name));
  const all = [wait("a", 1), wait("b", 3), wait("c", 1), wait("d", 3)];
  first.close(answered(1, 0));
  await Promise.all([all[0], all[1], all[3]]);
  expect(order).toEqual(["b", "d", "a"]);
});

test("one that waits can be called off", async () => {
  const budget = new Budget({ total: { tokens: 500 }, inputMargin: 1 });
  await budget.open(by).follow(queued(200));
  const controller = new AbortController();
  const waiting = budget.open({ ...by, signal: controller.signal }).follow(queued(200));
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
});

test("threads and models have limits of their own", async () => {
  const budget = new Budget({ perThread: { tokens: 300 }, perModel: { dear: { usd: 0.0001 } }, inputMargin: 1 });
  await budget.open(by).follow(queued(150));
  await budget.open({ ...by, thread: "other" }).follow(queued(150));
  await expect(budget.open(by).follow(queued(250))).rejects.toThrow("the budget of the thread has 300 of 300 tokens left");
  await expect(budget.open({ ...by, model: "dear", thread: "x" }).follow(queued(1))).rejects.toThrow("the budget of dear has $0.0001");
});

test("a limit on money needs a price, one on tokens does not", () => {
  const unpriced = { ...by, price: null };
  expect(() => new Budget({ perThread: { usd: 1 } }).open(unpriced)).toThrow("no price is known for m");
  expect(() => new Budget({ perThread: { tokens: 1 }, perModel: { other: { usd: 1 } } }).open(unpriced)).not.toThrow();
  expect(() => new Budget({ total: { usd: Number.NaN } })).toThrow("at least 0 usd");
  expect(() => new Budget({ inputMargin: 0.5 })).toThrow("at least 1");
});

test.each<[string, () => unknown]>([
  // @ts-expect-error -- the compiler refuses it as well
  ["the limit of the budget has no dollars: give tokens or usd", () => new Budget({ total: { dollars: 1 } })],
  // @ts-expect-error -- the compiler refuses it as well
  ["the limit of the budget of the thread has no token: give tokens or usd", () => new Budget({ perThread: { token: 1 } })],
  // @ts-expect-error -- the compiler refuses it as well
  ["the limit of the budget of m has no USD: give tokens or usd", () => new Budget({ perModel: { m: { USD: 1 } } })],
  // @ts-expect-error -- the compiler refuses it as well
  ["a budget has no limit: give total, perThread, perModel or inputMargin", () => new Budget({ limit: { usd: 1 } })],
  // @ts-expect-error -- the compiler refuses it as well
  ["the limit of the budget has to be an object with tokens or usd, not 5", () => new Budget({ total: 5 })],
  // @ts-expect-error -- the compiler refuses it as well
  ['the limit of the budget has to be at least 0 usd, not "5"', () => new Budget({ total: { usd: "5" } })],
  // @ts-expect-error -- the compiler refuses it as well
  ["the limit of the condition has no dollars: give tokens or usd", () => condition({ dollars: 1 })],
  ["the limit of the condition has to be at least 0 usd, not NaN", () => condition({ usd: Number.NaN })],
])("what limits nothing is refused: %s", (message, make) => {
  expect(make).toThrow(expect.objectContaining({ code: "invalid_config", message }));
  expect(() => new Budget({ total: { usd: undefined }, perThread: undefined })).not.toThrow();
});

test("what was spent before can be taken up", async () => {
  const budget = new Budget({ total: { usd: 1 }, perThread: { tokens: 100 }, perModel: { m: { tokens: 1000 } } });
  const origin = { chatThreadId: "t", runId: "r", client: "openai", price, kept: false, reserved: { tokens: 2, usd: 0.000002 } };
  const registry = new EntityRegistry(new MemoryStorage());
  await registry.register([
    Usage.fromAnswer("m-2026-01-01", usageOf({ inputTokens: 80, outputTokens: 13 }), origin),
    // One that does not say what it took.
    Usage.fromAnswer("m-2026-01-01", usageOf({}), origin),
    Usage.fromAnswer("m-2026-01-01", usageOf({ inputTokens: 80, outputTokens: 13 }), { ...origin, runId: "another" }),
  ]);
  await budget.takeUp(registry, { run: "r" });
  expect(budget.spent).toEqual({ tokens: 95, usd: 108 / 1e6 });
  expect(budget.spentByThread("t").tokens).toBe(95);
  await expect(budget.open({ ...by, maxTokens: 1 }).follow(queued(4))).rejects.toMatchObject({ code: "budget_exceeded" });
  await expect(budget.open({ ...by, thread: "u", maxTokens: 1 }).follow(queued(4))).resolves.toBeUndefined();
});

interface Plan {
  readonly thread: number;
  readonly model: string;
  readonly maxTokens: number;
  readonly estimate: number;
  /** Parts, from 0 to 1, of the most that it can take. */
  readonly input: number;
  readonly output: number;
  readonly end: "answered" | "refused" | "cut";
}

const plan: fc.Arbitrary<Plan> = fc.record({
  thread: fc.nat({ max: 3 }),
  model: fc.constantFrom("m", "n"),
  maxTokens: fc.integer({ min: 1, max: 200 }),
  estimate: fc.nat({ max: 200 }),
  input: fc.double({ min: 0, max: 1, noNaN: true }),
  output: fc.double({ min: 0, max: 1, noNaN: true }),
  end: fc.constantFrom("answered" as const, "answered" as const, "refused" as const, "cut" as const),
});

test("law: however requests run beside each other, no limit is ever exceeded, everything reserved is given back, and only what can't fit is refused", async () => {
  const limit = fc.integer({ min: 50, max: 3000 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(plan, { maxLength: 25 }), limit, limit, limit, async (scheduler, plans, all, each, one) => {
      const budget = new Budget({
        total: { usd: (2 * all) / 1e6, tokens: all },
        perThread: { tokens: each },
        perModel: { n: { tokens: one } },
        inputMargin: 1.1,
      });
      const spentBy = new Map<number, number>();
      let paid = { tokens: 0, nanos: 0 };
      const check = (): void => {
        expect(budget.spent.tokens + budget.reserved.tokens).toBeLessThanOrEqual(all);
        expect(budget.spent.usd + budget.reserved.usd).toBeLessThanOrEqual((2 * all) / 1e6 + 1e-12);
        for (let thread = 0; thread <= 3; thread += 1) expect(budget.spentByThread(String(thread)).tokens).toBeLessThanOrEqual(each);
      };
      const run = async ({ end, estimate, input, maxTokens, model, output, thread }: Plan, request: BudgetedRequest): Promise<boolean> => {
        await scheduler.schedule(Promise.resolve());
        try {
          await request.follow(queued(estimate));
        } catch (refused) {
          expect(refused).toMatchObject({ code: "budget_exceeded" });
          request.close(null);
          return false;
        }
        check();
        await request.follow(sent);
        await scheduler.schedule(Promise.resolve());
        const usage = { inputTokens: Math.floor(input * estimate), outputTokens: Math.max(1, Math.floor(output * maxTokens)) };
        const whole = { inputTokens: Math.ceil(estimate * 1.1), outputTokens: maxTokens };
        const took = end === "answered" ? usage : end === "cut" ? whole : { inputTokens: 0, outputTokens: 0 };
        if (end === "refused") await request.follow({ type: "refused", error, ...at });
        if (end === "cut") await request.follow({ type: "failed", error, charged: true, ...at });
        request.close(end === "answered" ? answered(usage.inputTokens, usage.outputTokens) : null);
        const tokens = took.inputTokens + took.outputTokens;
        spentBy.set(thread, (spentBy.get(thread) ?? 0) + tokens);
        paid = {
          tokens: paid.tokens + tokens,
          nanos: paid.nanos + costInNanos({ ...took, cacheReadTokens: 0, cacheWriteTokens: 0 }, price),
        };
        check();
        expect(model).toBeTypeOf("string");
        return true;
      };
      const runs = plans.map((each) =>
        run(each, budget.open({ ...by, thread: String(each.thread), model: each.model, maxTokens: each.maxTokens })),
      );
      await scheduler.waitFor(Promise.all(runs));
      const admitted = await Promise.all(runs);
      expect(budget.reserved).toEqual({ tokens: 0, usd: 0 });
      expect(budget.spent).toEqual({ tokens: paid.tokens, usd: usdOf(paid.nanos) });
      for (const [index, { estimate, maxTokens, model, thread }] of plans.entries()) {
        const input = Math.ceil(estimate * 1.1);
        const most = input + maxTokens;
        const fitsAtTheEnd =
          paid.tokens + most <= all &&
          (spentBy.get(thread) ?? 0) + most <= each &&
          paid.nanos + (input + 2 * maxTokens) * 1000 <= 2 * all * 1000;
        if (admitted[index] === false && model === "m") expect(fitsAtTheEnd).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
});
