import { ProviderError, usageOf } from "@minference/clients";
import { ChatThread, LLMConfig, type RunEvent, ThreadError } from "@minference/threads";
import { expect, it } from "vitest";
import { ProviderProgress } from "./provider-progress.ts";

const thread = new ChatThread({ llmConfig: new LLMConfig({ client: "openai" }) });
const error = new ProviderError({ code: "rate_limited", message: "slow down", provider: "openai", status: 429 });

const base = (index: number, at: number) => ({ thread, index, step: 1, attempt: 1, at });
const queued = (index: number, at: number): RunEvent => ({ ...base(index, at), type: "request_queued", estimatedTokens: 10 });
const sent = (index: number, at: number): RunEvent => ({ ...base(index, at), type: "request_sent", idempotencyKey: "k" });
const answered = (index: number, at: number): RunEvent => ({
  ...base(index, at),
  type: "request_answered",
  model: "m",
  finishReason: "stop",
  usage: usageOf({ inputTokens: 100, outputTokens: 10 }),
  timings: { submittedAt: at, sentAt: at, doneAt: at, queuedMs: 0 },
});

it("follows requests from the queue to the answer", () => {
  const progress = new ProviderProgress("openai", 3);
  for (const index of [0, 1, 2]) progress.observe(queued(index, 900));
  progress.observe(sent(0, 1000));
  progress.observe(sent(1, 1000));
  expect(progress.snapshot(1000)).toMatchObject({ running: 2, waiting: 1, answered: 0, rate: 0, ended: 0, threads: 3 });

  progress.observe({ ...base(0, 1100), type: "request_refused", error });
  progress.observe({ ...base(0, 1100), type: "request_retried", delayMs: 500, error });
  progress.observe(answered(1, 1500));
  progress.observe({ ...base(2, 1500), type: "request_failed", error });
  progress.observe({
    ...base(2, 1500),
    type: "thread_finished",
    outcome: { status: "failed", index: 2, thread, outputs: [], attempts: 1, error: new ThreadError("provider", "no") },
  });
  progress.observe({
    ...base(1, 1500),
    type: "thread_finished",
    outcome: { status: "cancelled", index: 1, thread, outputs: [], attempts: 1, reason: null },
  });
  expect(progress.snapshot(2000)).toEqual({
    label: "openai",
    threads: 3,
    ended: 1,
    running: 0,
    waiting: 1,
    answered: 1,
    refused: 1,
    retries: 1,
    inputTokens: 100,
    outputTokens: 10,
    rate: 1,
    elapsedMs: 500,
  });
});

it("tells the rate of the last seconds", () => {
  const progress = new ProviderProgress("openai", 1);
  for (let at = 0; at < 20_000; at += 100) {
    progress.observe(sent(0, at));
    progress.observe(answered(0, at));
  }
  expect(progress.snapshot(20_000).rate).toBeCloseTo(9.8);
  expect(progress.snapshot(40_000).rate).toBe(0);
});
