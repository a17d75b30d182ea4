import fc from "fast-check";
import { expect, test } from "vitest";
import { limits, poolOf, setUp } from "../../test/limiter-bench.ts";
import { ManualClock, settle } from "../../test/manual-clock.ts";
import { LocalRateLimiter } from "./local-rate-limiter.ts";
import { LimiterClosedError, OversizeError } from "./rate-limiter.ts";

test("admits what the burst allows at once and the rest at the rate", async () => {
  const { clock, admitted, submit } = setUp(limits);
  for (let index = 0; index < 12; index += 1) submit(String(index));
  await clock.advance(0);
  expect(admitted).toHaveLength(9);
  await clock.advance(1000);
  expect(admitted).toHaveLength(10);
  await clock.advance(2000);
  expect(admitted).toHaveLength(12);
});

test("tokens limit as well as requests, and whichever is scarcer decides", async () => {
  const { clock, admitted, submit } = setUp({ requestsPerMinute: 600, tokensPerMinute: 6000, burstSeconds: 10 });
  for (let index = 0; index < 6; index += 1) submit(String(index));
  await clock.advance(0);
  expect(admitted).toHaveLength(4);
  await clock.advance(1000);
  expect(admitted).toHaveLength(5);
});

test("input and output are limited apart where they are given apart", async () => {
  const { clock, admitted, submit, balances } = setUp({ inputTokensPerMinute: 60_000, outputTokensPerMinute: 600, burstSeconds: 60 });
  for (let index = 0; index < 6; index += 1) submit(String(index));
  await clock.advance(0);
  expect(admitted).toHaveLength(5);
  expect(balances()).toEqual({ input_tokens: 54_000 - 600, output_tokens: 540 - 600 });
});

test("returns exactly what was not used, and charges what was used beyond the reservation", async () => {
  const { clock, held, submit, balances } = setUp(limits);
  for (let index = 0; index < 3; index += 1) submit(String(index));
  await clock.advance(0);
  expect(balances()).toEqual({ requests: 6, tokens: 9000 - 600 });
  held[0]?.settle({ requests: 1, inputTokens: 100, outputTokens: 20, reported: false });
  held[1]?.settle({ requests: 1, inputTokens: 300, outputTokens: 100, reported: false });
  held[2]?.settle("nothing");
  expect(balances()).toEqual({ requests: 7, tokens: 9000 - 120 - 400 });
  held[0]?.settle("nothing");
  expect(balances()).toEqual({ requests: 7, tokens: 9000 - 120 - 400 });
});

test("keeps the whole reservation where nobody knows what was used", async () => {
  const { clock, held, submit, balances } = setUp(limits);
  submit("a");
  await clock.advance(0);
  held[0]?.settle("all");
  expect(balances()).toEqual({ requests: 8, tokens: 8800 });
});

test("two runs in a row do not start with full buckets twice", async () => {
  const { clock, admitted, held, submit } = setUp(limits);
  for (let index = 0; index < 9; index += 1) submit("first");
  await clock.advance(0);
  for (const reservation of held) reservation.settle("all");
  for (let index = 0; index < 9; index += 1) submit("second");
  await clock.advance(500);
  expect(admitted).toHaveLength(9);
  await clock.advance(1500);
  expect(admitted).toHaveLength(11);
});

test("refuses at submission what a minute's limit can never cover", async () => {
  const { clock, limiter, pool, submit, admitted } = setUp(limits);
  await expect(limiter.acquire(pool, { inputTokens: 59_950, maxOutputTokens: 100 })).rejects.toBeInstanceOf(OversizeError);
  submit("fits", { inputTokens: 200 });
  await clock.advance(0);
  expect(admitted).toEqual(["fits"]);
});

test("a request above the burst but within the minute goes when enough has accrued", async () => {
  const { clock, admitted, submit } = setUp(limits);
  submit("large", { inputTokens: 29_900 });
  await clock.advance(20_000);
  expect(admitted).toEqual([]);
  await clock.advance(2000);
  expect(admitted).toEqual(["large"]);
});

test("a guess about limits refuses nothing", async () => {
  const { clock, admitted, submit } = setUp(limits, true);
  submit("large", { inputTokens: 1000, maxOutputTokens: 64_000 });
  await clock.advance(60_000);
  expect(admitted).toEqual(["large"]);
});

test("concurrency is limited whatever the weights", async () => {
  const { clock, admitted, held, submit, limiter, pool } = setUp({ ...limits, maxConcurrent: 2 });
  for (let index = 0; index < 4; index += 1) submit(String(index));
  await clock.advance(0);
  expect(admitted).toEqual(["0", "1"]);
  expect(limiter.status(pool)[0]).toMatchObject({ queued: 2, running: 2, maxConcurrent: 2 });
  held[0]?.settle("all");
  await clock.advance(0);
  expect(admitted).toEqual(["0", "1", "2"]);
});

test("cancelled while queued: gone at once, nothing charged, the others go on", async () => {
  const { clock, admitted, failed, submit, limiter, pool } = setUp(limits);
  const controller = new AbortController();
  for (let index = 0; index < 9; index += 1) submit(String(index));
  await clock.advance(0);
  submit("large", { inputTokens: 29_900, front: true, signal: controller.signal });
  await clock.advance(10);
  submit("small", { inputTokens: 1, maxOutputTokens: 1 });
  await clock.advance(100);
  expect(limiter.status(pool)[0]).toMatchObject({ queued: 2 });
  controller.abort(new Error("enough"));
  await clock.advance(900);
  expect(failed).toEqual([new Error("enough")]);
  expect(admitted).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "small"]);
});

test("an aborted signal is refused before anything is queued", async () => {
  const { limiter, pool } = setUp(limits);
  const signal = AbortSignal.abort(new Error("too late"));
  await expect(limiter.acquire(pool, { inputTokens: 1, maxOutputTokens: 1, signal })).rejects.toThrow("too late");
  expect(limiter.status(pool)[0]).toMatchObject({ queued: 0, running: 0 });
});

test("a hold stops its pool alone, longer holds win, and what waited goes first afterwards", async () => {
  const { clock, admitted, submit, limiter, pool } = setUp(limits);
  limiter.hold(pool, 5000);
  limiter.hold(pool, 1000);
  submit("new");
  submit("returned", { front: true });
  const other = { ...pool, id: "other pool" };
  const free = limiter.acquire(other, { inputTokens: 1, maxOutputTokens: 1 });
  await clock.advance(4999);
  await expect(free).resolves.toBeDefined();
  expect(admitted).toEqual([]);
  expect(limiter.status(pool)[0]?.holdUntil).toBe(clock.now() + 1);
  await clock.advance(1);
  expect(admitted).toEqual(["returned", "new"]);
});

test("a hold also stops a request that already waits for its tokens, and charges it nothing", async () => {
  const { clock, admitted, submit, limiter, pool, balances } = setUp(limits);
  submit("large", { inputTokens: 14_900 });
  await clock.advance(1000);
  limiter.hold(pool, 60_000);
  await clock.advance(30_000);
  expect(admitted).toEqual([]);
  expect(balances()).toEqual({ requests: 9, tokens: 9000 });
  await clock.advance(36_000);
  expect(admitted).toEqual(["large"]);
});

test("close refuses what is new and waits for what is not settled", async () => {
  const { clock, limiter, pool, submit, admitted, held } = setUp({ ...limits, maxConcurrent: 1 });
  submit("a");
  submit("b");
  await clock.advance(0);
  let closed = false;
  const closing = limiter.close().then(() => {
    closed = true;
  });
  await expect(limiter.acquire(pool, { inputTokens: 1, maxOutputTokens: 1 })).rejects.toBeInstanceOf(LimiterClosedError);
  held[0]?.settle("all");
  await clock.advance(0);
  expect(admitted).toEqual(["a", "b"]);
  expect(closed).toBe(false);
  held[1]?.settle("all");
  await closing;
});

test("leaves nothing behind after 1 000 failed and cancelled requests", async () => {
  const clock = new ManualClock();
  const limiter = new LocalRateLimiter({ clock });
  const pool = poolOf({ requestsPerMinute: 60_000, tokensPerMinute: 60_000_000, burstSeconds: 60, maxConcurrent: 300 });
  const full = { requests: 54_000, tokens: 54_000_000 };
  const outcomes = Array.from({ length: 1000 }, async (_, index) => {
    const controller = new AbortController();
    const acquiring = limiter.acquire(pool, { inputTokens: index, maxOutputTokens: 10, signal: controller.signal });
    if (index % 3 === 0) controller.abort();
    const reservation = await acquiring.catch(() => null);
    reservation?.settle(index % 3 === 1 ? "nothing" : { requests: 0, inputTokens: 0, outputTokens: 0, reported: false });
  });
  await Promise.all(outcomes);
  await settle();
  const [status] = limiter.status(pool);
  expect(status).toMatchObject({ queued: 0, running: 0 });
  expect(Object.fromEntries((status?.dimensions ?? []).map((each) => [each.dimension, each.balance]))).toEqual(full);
  expect(clock.pending).toBe(0);
});

test("law: in every span, no more is admitted than the burst and what accrues in it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ wait: fc.integer({ min: 0, max: 1500 }), tokens: fc.integer({ min: 1, max: 3000 }) }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (steps) => {
        const { clock, limiter, pool } = setUp({ requestsPerMinute: 120, tokensPerMinute: 60_000, burstSeconds: 3 });
        const sent: { at: number; tokens: number }[] = [];
        for (const { wait, tokens } of steps) {
          await clock.advance(wait);
          void limiter
            .acquire(pool, { inputTokens: tokens, maxOutputTokens: 1 })
            .then(() => sent.push({ at: clock.monotonic(), tokens: tokens + 1 }));
        }
        await clock.advance(60_000);
        expect(sent).toHaveLength(steps.length);
        for (const [from, first] of sent.entries()) {
          let tokens = 0;
          let largest = 2700;
          for (const [to, last] of sent.slice(from).entries()) {
            tokens += last.tokens;
            largest = Math.max(largest, last.tokens);
            const span = last.at - first.at;
            expect(to + 1).toBeLessThanOrEqual(5.4 + (span * 2) / 1000 + 1e-6);
            expect(tokens).toBeLessThanOrEqual(largest + span + 1e-6);
          }
        }
      },
    ),
    { numRuns: 4, endOnFailure: true },
  );
});

test("later turns of a conversation can go before first turns of others", async () => {
  const { clock, admitted, submit } = setUp({ requestsPerMinute: 60, burstSeconds: 2 });
  for (const name of ["first 1", "first 2", "first 3"]) submit(name, { maxOutputTokens: 4000 });
  submit("later", { maxOutputTokens: 10, priority: 3 });
  await clock.advance(5000);
  expect(admitted).toEqual(["later", "first 1", "first 2", "first 3"]);
});

test("a limit for a day allows all of it at once, refills through the day, and refuses what it never covers", async () => {
  const { clock, admitted, held, submit, limiter, pool } = setUp({ requestsPerDay: 1440, tokensPerDay: 14_400 });
  for (let index = 0; index < 10; index += 1) submit(String(index), { inputTokens: 1400, maxOutputTokens: 40 });
  await clock.advance(0);
  for (const reservation of held) reservation.settle("all");
  submit("later", { inputTokens: 10, maxOutputTokens: 5 });
  await clock.advance(60_000);
  expect(admitted).toHaveLength(10);
  await clock.advance(60_000);
  expect(admitted.at(-1)).toBe("later");
  await expect(limiter.acquire(pool, { inputTokens: 14_400, maxOutputTokens: 1 })).rejects.toMatchObject({
    needed: 14_401,
    allowed: 14_400,
  });
});

test("where nobody knows how many requests are borne at once, their number follows the provider", async () => {
  const { clock, admitted, held, submit, limiter, pool } = setUp({ maxConcurrent: "adaptive" });
  for (let index = 0; index < 60; index += 1) submit(String(index));
  await clock.advance(0);
  expect(admitted).toHaveLength(8);
  for (const reservation of held.slice(0, 8)) reservation.settle({ requests: 1, inputTokens: 100, outputTokens: 10, reported: true });
  await clock.advance(0);
  expect(admitted.length).toBeGreaterThan(12);
  const before = limiter.status(pool)[0]?.maxConcurrent ?? 0;
  limiter.strained(pool);
  expect(limiter.status(pool)[0]?.maxConcurrent).toBe(Math.floor(before / 2));
});
