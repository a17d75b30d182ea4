import { expect, test } from "vitest";
import { RequestQueue, type Waiting } from "./request-queue.ts";

interface Named extends Waiting {
  readonly name: string;
}

function named(name: string, waiting: Partial<Waiting> = {}): Named {
  return {
    name,
    run: "",
    priority: 0,
    front: false,
    submittedAt: 0,
    expectedOutput: 100,
    share: 0.01,
    cancelled: false,
    rank: 0,
    order: 0,
    ...waiting,
  };
}

function order(queue: RequestQueue<Named>): string {
  let names = "";
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) names += next.name;
  return names;
}

test("serves the predicted longest first, equals in order of arrival", () => {
  const queue = new RequestQueue<Named>();
  queue.push(named("c", { expectedOutput: 10 }));
  queue.push(named("a", { expectedOutput: 500 }));
  queue.push(named("b", { expectedOutput: 100 }));
  queue.push(named("d", { expectedOutput: 10 }));
  expect(order(queue)).toBe("abcd");
});

test("within a run a higher priority goes first, however short and late; runs still take turns", () => {
  const queue = new RequestQueue<Named>();
  queue.push(named("c", { expectedOutput: 500 }));
  queue.push(named("d", { expectedOutput: 400, priority: 0 }));
  queue.push(named("b", { expectedOutput: 1, priority: 1, submittedAt: 9000 }));
  queue.push(named("a", { expectedOutput: 1, priority: 2, submittedAt: 9000 }));
  queue.push(named("e", { priority: -1, expectedOutput: 9000 }));
  for (const name of ["x", "y"]) queue.push(named(name, { run: "other" }));
  expect(order(queue)).toBe("axbycde");
});

test("a short request does not wait for ever behind longer ones that came much later", () => {
  const queue = new RequestQueue<Named>();
  queue.push(named("s", { expectedOutput: 10, submittedAt: 0 }));
  queue.push(named("l", { expectedOutput: 500, submittedAt: 120_000 }));
  expect(order(queue)).toBe("sl");
});

test("what was put back goes first", () => {
  const queue = new RequestQueue<Named>();
  queue.push(named("b", { expectedOutput: 900 }));
  queue.push(named("r", { front: true, expectedOutput: 1 }));
  const taken = queue.pop();
  expect(taken?.name).toBe("r");
  queue.push(named("f", { front: true }));
  if (taken !== undefined) queue.restore([taken]);
  expect(order(queue)).toBe("rfb");
});

test("runs take turns by what they were served, and a new run does not make up for the past", () => {
  const queue = new RequestQueue<Named>();
  for (let index = 0; index < 6; index += 1) queue.push(named("a", { run: "a" }));
  expect(queue.pop()?.name).toBe("a");
  expect(queue.pop()?.name).toBe("a");
  for (let index = 0; index < 4; index += 1) queue.push(named("b", { run: "b" }));
  expect(order(queue)).toBe("abababab");
});

test("cancelled requests are skipped and not counted, however many", () => {
  const queue = new RequestQueue<Named>();
  const all = Array.from({ length: 5000 }, (_, index) => named(String(index % 10)));
  for (const item of all) queue.push(item);
  for (const item of all.slice(1)) queue.cancel(item);
  expect(queue.size).toBe(1);
  expect(order(queue)).toBe("0");
  expect(queue.size).toBe(0);
});

test("as many runs as requests cost no more than one", () => {
  const queue = new RequestQueue<Named>();
  const count = 200_000;
  for (let index = 0; index < count; index += 1) queue.push(named("x", { run: String(index) }));
  let served = 0;
  while (queue.pop() !== undefined) served += 1;
  expect(served).toBe(count);
  expect(queue.size).toBe(0);
});

test("a run whose requests were all cancelled is forgotten, and begins anew like any other", () => {
  const queue = new RequestQueue<Named>();
  const gone = named("g", { run: "gone" });
  queue.push(gone);
  queue.push(named("a", { run: "a" }));
  queue.push(named("b", { run: "a" }));
  expect(queue.pop()?.name).toBe("g");
  const again = named("h", { run: "gone" });
  queue.push(again);
  queue.cancel(again);
  queue.push(named("i", { run: "gone" }));
  expect(order(queue)).toBe("aib");
});
