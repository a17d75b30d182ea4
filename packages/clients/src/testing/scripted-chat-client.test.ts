import { expect, test } from "vitest";
import type { AttemptEvent } from "../contract/attempt-event.ts";
import { userMessage } from "../contract/message.ts";
import { textOf, toolCallsOf } from "../contract/message-content.ts";
import { ScriptedChatClient } from "./scripted-chat-client.ts";

const request = { model: "m", maxTokens: 100, messages: [userMessage("Hi")] };

test("answers from its script and remembers what it was asked", async () => {
  const client = new ScriptedChatClient({
    script: ({ sequence }) => ({ text: `Answer ${sequence}`, toolCalls: [{ name: "t", argumentsText: "{" }] }),
    provider: "vllm",
    now: () => 5,
  });
  await client.chat(request);
  const types: string[] = [];
  const response = await client.chat(request, { onAttempt: ({ type }) => void types.push(type) });
  expect(textOf(response.message)).toBe("Answer 1");
  expect(toolCallsOf(response.message)[0]?.error).toContain("not valid JSON");
  expect(response).toMatchObject({ provider: "vllm", finishReason: "tool_calls", attempts: 1, timings: { doneAt: 5 } });
  expect(types).toEqual(["queued", "reserved", "sent", "done"]);
  expect(client.requests).toEqual([request, request]);
});

test("ends at once while its script is pending, for a signal and for a deadline", async () => {
  const client = new ScriptedChatClient({ script: () => new Promise(() => {}) });
  const controller = new AbortController();
  const events: AttemptEvent[] = [];
  const asked = client.chat(request, {
    signal: controller.signal,
    onAttempt: (event) => {
      events.push(event);
      if (event.type === "sent") setTimeout(() => controller.abort(), 5);
    },
  });
  await expect(asked).rejects.toMatchObject({ code: "aborted", attempts: 1 });
  expect(events.at(-1)).toMatchObject({ type: "failed", charged: true, error: { code: "aborted" } });
  await expect(client.chat(request, { deadline: new Date(Date.now() + 10) })).rejects.toMatchObject({ code: "deadline_exceeded" });
});

test("refuses, ends and closes as a real client does", async () => {
  const client = new ScriptedChatClient({ script: () => ({ refuse: { status: 400, message: "No." } }), now: () => 5 });
  await expect(client.chat(request)).rejects.toMatchObject({ code: "invalid_request", message: "No.", attempts: 1 });
  await expect(client.chat(request, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  await expect(client.chat(request, { deadline: new Date(5) })).rejects.toMatchObject({ code: "deadline_exceeded" });
  await client.close();
  await expect(client.chat(request)).rejects.toMatchObject({ code: "closed" });
});

test.each([
  [401, undefined, "authentication", false],
  [404, undefined, "not_found", false],
  [429, undefined, "rate_limited", true],
  [429, "insufficient_quota", "quota_exhausted", false],
  [500, undefined, "server_error", true],
  [529, undefined, "overloaded", true],
] as const)("refuses with status %i and type %s as %s", async (status, type, code, retryable) => {
  const client = new ScriptedChatClient({ script: () => ({ refuse: { status, message: "No.", type } }) });
  await expect(client.chat(request)).rejects.toMatchObject({ status, code, retryable });
});
