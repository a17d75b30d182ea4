import Bottleneck from "bottleneck";
import { afterEach, expect, test, vi } from "vitest";
import { ManualClock, settle } from "../../test/manual-clock.ts";
import { limitHeadersOf } from "./limit-headers.ts";
import { LocalRateLimiter } from "./local-rate-limiter.ts";
import type { Draw, PoolKey, Reservation } from "./rate-limiter.ts";
import type { RateLimits } from "./rate-limits.ts";

// Each trap twice: that Bottleneck has it, so that a release without it is noticed, and that the limiter does not walk into it.

afterEach(() => {
  vi.useRealTimers();
});

function setUp(limits: RateLimits) {
  const clock = new ManualClock();
  const limiter = new LocalRateLimiter({ clock });
  const pool: PoolKey = { id: "p", limits, adaptable: false };
  const granted: Reservation[] = [];
  const ask = (draw: Partial<Draw> = {}): Promise<void> =>
    limiter.acquire(pool, { inputTokens: 10, maxOutputTokens: 10, ...draw }).then((reservation) => void granted.push(reservation));
  return { clock, limiter, pool, granted, ask };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  void promise.then(note, note);
  await settle();
  return settled;
}

test("trap: updateSettings stops Bottleneck's own refill for good", async () => {
  vi.useFakeTimers();
  const bottleneck = new Bottleneck({ reservoir: 0, reservoirIncreaseInterval: 250, reservoirIncreaseAmount: 1 });
  await vi.advanceTimersByTimeAsync(600);
  const before = bottleneck.currentReservoir();
  await vi.advanceTimersByTimeAsync(10);
  expect(await before).toBeGreaterThan(0);
  bottleneck.updateSettings({ maxConcurrent: 5 });
  await vi.advanceTimersByTimeAsync(10);
  await vi.advanceTimersByTimeAsync(60_000);
  const after = bottleneck.currentReservoir();
  await vi.advanceTimersByTimeAsync(10);
  expect(await after).toBe(await before);
});

test("ours: a limit that changes keeps refilling, at its new rate", async () => {
  using update = vi.spyOn(Bottleneck.prototype, "updateSettings");
  const { clock, limiter, pool, granted, ask } = setUp({ requestsPerMinute: 60, burstSeconds: 2 });
  for (let index = 0; index < 9; index += 1) void ask();
  await clock.advance(0);
  expect(granted).toHaveLength(1);
  limiter.learn(pool, limitHeadersOf(new Headers({ "x-ratelimit-limit-requests": "30" }), 0));
  await clock.advance(8000);
  expect(granted).toHaveLength(5);
  await clock.advance(8000);
  expect(granted).toHaveLength(9);
  expect(update).not.toHaveBeenCalled();
});

test("trap: a weight above the reservoir hangs without a word", async () => {
  const bottleneck = new Bottleneck({ reservoir: 5 });
  expect(await isSettled(bottleneck.schedule({ weight: 6 }, async () => {}))).toBe(false);
  expect(await bottleneck.currentReservoir()).toBe(5);
});

test("ours: more than is ever saved up goes when it has accrued; more than the limit has is refused at once", async () => {
  const { clock, granted, ask } = setUp({ tokensPerMinute: 600, burstSeconds: 2 });
  void ask({ inputTokens: 500 });
  await clock.advance(50_000);
  expect(granted).toHaveLength(1);
  await expect(ask({ inputTokens: 591 })).rejects.toThrow("allows 600");
});

test("trap: a weight counts against maxConcurrent", async () => {
  const bottleneck = new Bottleneck({ reservoir: 100, maxConcurrent: 2 });
  await expect(bottleneck.schedule({ weight: 3 }, async () => {})).rejects.toThrow("maxConcurrent");
});

test("ours: a request is one of those at once, whatever it weighs", async () => {
  const { clock, granted, ask } = setUp({ tokensPerMinute: 60_000, maxConcurrent: 2, burstSeconds: 60 });
  for (let index = 0; index < 3; index += 1) void ask({ inputTokens: 1000 });
  await clock.advance(0);
  expect(granted).toHaveLength(2);
});

test("trap: what is tried again takes nothing more of the reservoir", async () => {
  const bottleneck = new Bottleneck({ reservoir: 1 });
  bottleneck.on("failed", () => 0);
  let tries = 0;
  await bottleneck.schedule(async () => {
    tries += 1;
    if (tries < 3) throw new Error("again");
  });
  expect(tries).toBe(3);
  expect(await bottleneck.currentReservoir()).toBe(0);
});

test("ours: what is tried again is reserved again", async () => {
  const { clock, limiter, pool, granted, ask } = setUp({ requestsPerMinute: 60, burstSeconds: 10 });
  for (const front of [false, true, true]) {
    void ask({ front });
    await clock.advance(0);
    granted.at(-1)?.settle("all");
  }
  expect(limiter.status(pool)[0]?.dimensions[0]?.balance).toBe(9 - 3);
});

test("trap: expiration does not bound how long a job waits", async () => {
  const bottleneck = new Bottleneck({ reservoir: 0 });
  expect(await isSettled(bottleneck.schedule({ weight: 1, expiration: 1 }, async () => {}))).toBe(false);
});

test("ours: waiting ends when it is called off, also for what already waits in Bottleneck, and costs nothing", async () => {
  const { clock, limiter, pool, ask } = setUp({ requestsPerMinute: 60, tokensPerMinute: 600, burstSeconds: 2 });
  const controller = new AbortController();
  const asked = ask({ inputTokens: 400, signal: controller.signal });
  await clock.advance(10);
  controller.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  await settle();
  expect(limiter.status(pool)[0]).toMatchObject({ queued: 0, running: 0, dimensions: [{ balance: 1 }, { balance: 18 }] });
});

test("trap: each job sets timers", async () => {
  using timers = vi.spyOn(globalThis, "setTimeout");
  const bottleneck = new Bottleneck({ reservoir: 100 });
  await Promise.all(Array.from({ length: 100 }, () => bottleneck.schedule(async () => {})));
  expect(timers.mock.calls.length).toBeGreaterThanOrEqual(100);
});

test("ours: a thousand requests set a few", async () => {
  const { granted, ask } = setUp({ requestsPerMinute: 60_000, tokensPerMinute: 60_000_000, burstSeconds: 60 });
  using timers = vi.spyOn(globalThis, "setTimeout");
  await Promise.all(Array.from({ length: 1000 }, () => ask()));
  expect(granted).toHaveLength(1000);
  expect(timers.mock.calls.length).toBeLessThan(20);
});
