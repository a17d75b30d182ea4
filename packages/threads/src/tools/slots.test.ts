import { expect, test } from "vitest";
import * as z from "zod";
import { CallableRegistry } from "./callable-registry.ts";

/** Functions that end when they are told to, and how many of each ran at once. */
function heldTools(limits: { readonly all?: number; readonly one?: number }) {
  const registry = new CallableRegistry({ maxConcurrent: limits.all });
  const running = new Map<string, number>();
  const ends: (() => void)[] = [];
  let most = 0;
  const add = (name: string, maxConcurrent?: number): void => {
    registry.register({
      name,
      docstring: "",
      input: z.object({}),
      maxConcurrent,
      run: async () => {
        running.set(name, (running.get(name) ?? 0) + 1);
        most = Math.max(
          most,
          Array.from(running.values()).reduce((sum, count) => sum + count, 0),
        );
        await new Promise<void>((resolve) => ends.push(resolve));
        running.set(name, (running.get(name) ?? 0) - 1);
        return name;
      },
    });
  };
  add("narrow", limits.one);
  add("wide");
  return { registry, running, ends, most: () => most };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

test("of one function no more run at once than it says, in the order they came, and others are not held up", async () => {
  const { ends, registry, running } = heldTools({ one: 2 });
  const order: number[] = [];
  const all = [0, 1, 2, 3].map(async (index) => registry.execute("narrow", {}).then(() => order.push(index)));
  const other = registry.execute("wide", {});
  await settle();
  expect(Object.fromEntries(running)).toEqual({ narrow: 2, wide: 1 });
  for (let turn = 0; turn < 5; turn += 1) {
    ends.shift()?.();
    await settle();
  }
  await Promise.all([...all, other]);
  expect(order).toEqual([0, 1, 2, 3]);
});

test("of all functions of a registry no more run at once than it says, and those that wait for their own take no place", async () => {
  const { ends, most, registry, running } = heldTools({ all: 3, one: 1 });
  const start = async (name: string): Promise<unknown> => registry.execute(name, {});
  const narrow = ["narrow", "narrow", "narrow"].map(start);
  await settle();
  const wide = ["wide", "wide", "wide"].map(start);
  await settle();
  expect(Object.fromEntries(running)).toEqual({ narrow: 1, wide: 2 });
  while (ends.length > 0) {
    ends.shift()?.();
    await settle();
  }
  await Promise.all([...narrow, ...wide]);
  expect(most()).toBe(3);
});

test("one that is called off while it waits leaves the line; a failure gives its slot back", async () => {
  const registry = new CallableRegistry({ maxConcurrent: 1 });
  const held = Promise.withResolvers<null>();
  registry.register({ name: "held", docstring: "", input: z.object({}), run: () => held.promise });
  registry.register({ name: "fails", docstring: "", input: z.object({}), run: () => Promise.reject(new Error("no")) });
  const first = registry.execute("held", {});
  const controller = new AbortController();
  const second = registry.execute("held", {}, { signal: controller.signal });
  const third = registry.execute("fails", {});
  const fourth = registry.execute("held", {});
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: "cancelled" });
  held.resolve(null);
  await expect(third).rejects.toMatchObject({ code: "tool_failed" });
  expect(await Promise.all([first, fourth])).toEqual([null, null]);
});

test("time spent waiting for a slot is no time spent working", async () => {
  let now = 0;
  const timers = new Map<() => void, number>();
  const clock = {
    now: () => now,
    monotonic: () => now,
    after: (ms: number, callback: () => void) => {
      timers.set(callback, now + ms);
      return () => void timers.delete(callback);
    },
  };
  const pass = (ms: number): void => {
    now += ms;
    for (const [callback, at] of timers) if (at <= now && timers.delete(callback)) callback();
  };
  const registry = new CallableRegistry({ maxConcurrent: 1, clock });
  const never = new Promise<never>(() => {});
  registry.register({ name: "hangs", docstring: "", input: z.object({}), timeoutMs: 100, run: () => never });
  registry.register({ name: "quick", docstring: "", input: z.object({}), timeoutMs: 100, run: () => "done" });
  const hangs = registry.execute("hangs", {});
  const quick = registry.execute("quick", {});
  await settle();
  pass(101);
  await expect(hangs).rejects.toMatchObject({ code: "tool_timeout" });
  expect(await quick).toBe("done");
});

test.each([0, 1.5, -1])("refuses %d slots", (maxConcurrent) => {
  expect(() => new CallableRegistry({ maxConcurrent })).toThrow(/whole number of at least 1/);
  expect(() => new CallableRegistry().register({ name: "f", docstring: "", input: z.object({}), maxConcurrent, run: () => null })).toThrow(
    expect.objectContaining({ code: "invalid_tool", message: expect.stringContaining("f: maxConcurrent has to be a whole number") }),
  );
});
