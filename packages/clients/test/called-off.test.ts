import { afterEach, expect, test } from "vitest";
import type { AttemptEvent } from "../src/contract/attempt-event.ts";
import { ScriptedChatClient } from "../src/testing/scripted-chat-client.ts";
import { errorOf, first, HttpBench, request } from "./http-bench.ts";

const { setUp, closeAll } = new HttpBench();

afterEach(closeAll);

test("abort ends a request at once, in flight, queued or asleep", async () => {
  const stalled = await setUp("openai", first("stall", 9));
  const inFlight = new AbortController();
  const flying = errorOf(
    stalled.client.chat(request, {
      signal: inFlight.signal,
      onAttempt: ({ type }) => void (type === "sent" && setTimeout(() => inFlight.abort(new Error("user left")), 20)),
    }),
  );
  expect(await flying).toMatchObject({ code: "aborted", attempts: 1, retryable: false, cause: { message: "user left" } });

  const tight = await setUp("anthropic", {}, { limits: { requestsPerMinute: 1 } });
  await tight.client.chat(request);
  const queued = new AbortController();
  const waiting = errorOf(tight.client.chat(request, { signal: queued.signal }));
  setTimeout(() => queued.abort(), 20);
  expect(await waiting).toMatchObject({ code: "aborted", attempts: 0 });
  expect(tight.client.status()).toMatchObject([{ queued: 0, running: 0 }]);

  const asleep = await setUp("openai", first({ kind: "server_error", retryAfter: "3600" }));
  const sleeper = new AbortController();
  const sleeping = errorOf(
    asleep.client.chat(request, {
      signal: sleeper.signal,
      onAttempt: ({ type }) => void (type === "retried" && setTimeout(() => sleeper.abort(), 5)),
    }),
  );
  expect(await sleeping).toMatchObject({ code: "aborted", attempts: 1 });
  expect(await errorOf(asleep.client.chat(request, { signal: AbortSignal.abort() }))).toMatchObject({ code: "aborted", attempts: 0 });
});

test("an attempt that is called off once it was told to be sent ends as failed, and cost nothing", async () => {
  const { client, provider } = await setUp("openai");
  for (const chat of [client, new ScriptedChatClient({ script: () => ({ text: "never" }) })]) {
    const user = new AbortController();
    const events: AttemptEvent[] = [];
    const onAttempt = (event: AttemptEvent): void => {
      events.push(event);
      if (event.type === "sent") user.abort();
    };
    expect(await errorOf(chat.chat(request, { signal: user.signal, onAttempt }))).toMatchObject({ code: "aborted", attempts: 0 });
    expect(events.map(({ type }) => type)).toEqual(["queued", "reserved", "sent", "failed"]);
    expect(events.at(-1)).toMatchObject({ type: "failed", charged: false, error: { code: "aborted" } });
  }
  expect(provider.counts().received).toBe(0);
  expect(client.status()).toMatchObject([{ running: 0, dimensions: [{ balance: 1800 }, { balance: 1_800_000 }] }]);
});
