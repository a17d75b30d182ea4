import { expect, test } from "vitest";
import { ManualClock, settle } from "../../test/manual-clock.ts";
import { Reservoir } from "./reservoir.ts";

function watched(promise: Promise<void>): { granted: boolean } {
  const watch = { granted: false };
  void promise.then(() => {
    watch.granted = true;
  });
  return watch;
}

test("starts full, refills continuously and never above the capacity", () => {
  const clock = new ManualClock();
  const reservoir = new Reservoir({ dimension: "requests", perMinute: 600, burstSeconds: 10, clock });
  expect(reservoir.status()).toEqual({ dimension: "requests", perMinute: 600, capacity: 90, balance: 90 });
  void clock.advance(60_000);
  reservoir.refill();
  expect(reservoir.balance).toBe(90);
});

test("loses no fraction of a unit however often it is refilled", async () => {
  const clock = new ManualClock();
  const often = new Reservoir({ dimension: "tokens", perMinute: 700, burstSeconds: 60, clock });
  const once = new Reservoir({ dimension: "tokens", perMinute: 700, burstSeconds: 60, clock });
  for (const reservoir of [often, once]) {
    await reservoir.claim(600);
    reservoir.use(600);
  }
  for (let step = 0; step < 20; step += 1) {
    await clock.advance(7);
    often.refill();
  }
  once.refill();
  expect(often.balance).toBe(once.balance);
});

test("a claim above the balance waits in Bottleneck until the refill covers it", async () => {
  const clock = new ManualClock();
  const reservoir = new Reservoir({ dimension: "requests", perMinute: 60, burstSeconds: 10, clock });
  await reservoir.claim(9);
  reservoir.use(9);
  const watch = watched(reservoir.claim(3));
  expect(reservoir.msUntil(0)).toBe(3000);
  await clock.advance(2999);
  reservoir.refill();
  await settle();
  expect(watch.granted).toBe(false);
  await clock.advance(1);
  reservoir.refill();
  await settle();
  expect(watch.granted).toBe(true);
  expect(reservoir.balance).toBe(0);
});

test("a claim above the capacity is granted in the end, since the refill counts on top of claims", async () => {
  const clock = new ManualClock();
  const reservoir = new Reservoir({ dimension: "tokens", perMinute: 6000, burstSeconds: 1, clock });
  const watch = watched(reservoir.claim(3000));
  for (let second = 0; second < 30; second += 1) {
    await clock.advance(1000);
    reservoir.refill();
  }
  await settle();
  expect(watch.granted).toBe(true);
});

test("giving back a claim that waits frees it at once, and the balance is as before", async () => {
  const clock = new ManualClock();
  const reservoir = new Reservoir({ dimension: "tokens", perMinute: 6000, burstSeconds: 10, clock });
  await reservoir.claim(850);
  reservoir.use(850);
  const watch = watched(reservoir.claim(800));
  await settle();
  expect(watch.granted).toBe(false);
  reservoir.withdraw(800);
  await settle();
  expect(watch.granted).toBe(true);
  expect(reservoir.balance).toBe(50);
  const next = watched(reservoir.claim(50));
  await settle();
  expect(next.granted).toBe(true);
});

test("only ever lowers the balance, counting claims that still wait", async () => {
  const clock = new ManualClock();
  const reservoir = new Reservoir({ dimension: "requests", perMinute: 600, burstSeconds: 10, clock });
  reservoir.lowerTo(200);
  expect(reservoir.balance).toBe(90);
  void reservoir.claim(100);
  reservoir.lowerTo(20);
  expect(reservoir.balance).toBe(-80);
});

test("a new rate holds from then on and takes no time back", async () => {
  const clock = new ManualClock();
  const reservoir = new Reservoir({ dimension: "requests", perMinute: 60, burstSeconds: 60, clock });
  await reservoir.claim(54);
  reservoir.use(54);
  await clock.advance(10_000);
  reservoir.setRate(600);
  expect(reservoir.balance).toBe(10);
  await clock.advance(1000);
  reservoir.refill();
  expect(reservoir.balance).toBe(20);
});
