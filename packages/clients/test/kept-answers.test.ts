import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { userMessage } from "../src/contract/message.ts";
import { textOf } from "../src/contract/message-content.ts";
import { messageOfStream } from "../src/contract/stream-message.ts";
import type { StreamEvent } from "../src/contract/stream-event.ts";
import { answerKey, plainRequest } from "../src/kept/answer-key.ts";
import type { AnswerStore, KeptAnswerMode } from "../src/kept/answer-store.ts";
import { DirectoryAnswerStore } from "../src/kept/directory-answer-store.ts";
import { MemoryAnswerStore } from "../src/kept/memory-answer-store.ts";
import { startSimulatedProvider } from "../src/testing/simulated-provider.ts";
import type { SimulatedProvider } from "../src/testing/simulated-provider-options.ts";

const key = "canary-key-77ab00de";
const request: ChatRequest = { model: "sim-1", messages: [userMessage("Hi")], maxTokens: 100, temperature: 0.5 };
let directory: string;
let provider: SimulatedProvider;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kept-"));
  // The model repeats what it should not know.
  provider = await startSimulatedProvider({
    script: ({ sequence, request: asked }) => ({ text: `Answer ${sequence} ${key}`, outputTokens: asked.maxTokens === 1 ? 50 : 9 }),
  });
});

afterEach(async () => {
  await provider.close();
  await rm(directory, { recursive: true });
});

function clientOf(wire: "openai" | "anthropic", mode: KeptAnswerMode, store: AnswerStore = new DirectoryAnswerStore(directory)) {
  const baseUrl = wire === "openai" ? provider.openaiBaseUrl : provider.anthropicBaseUrl;
  const limits = { requestsPerMinute: 6000 };
  return createChatClient({ provider: wire, apiKey: key, baseUrl, limits }, { answers: { mode, store } });
}

test.each(["openai", "anthropic"] as const)(
  "%s: what was answered is not asked again, costs nothing of the limits, and reads the same",
  async (wire) => {
    const client = clientOf(wire, "cache", new MemoryAnswerStore());
    const asked = await client.chat({ ...request, messages: [userMessage("no key")] });
    const before = client.status()[0]?.dimensions[0]?.balance ?? 0;
    const events: StreamEvent[] = [];
    const told: string[] = [];
    const again = await client.chat(
      { ...request, messages: [userMessage("no key")] },
      { onStream: (event) => void events.push(event), onAttempt: ({ type }) => void told.push(type) },
    );
    expect(again).toMatchObject({ attempts: 0, finishReason: "stop", usage: asked.usage, model: asked.model, requestId: asked.requestId });
    expect(textOf(again.message)).toBe(textOf(asked.message).replaceAll(key, "[key removed]"));
    expect(messageOfStream(events)).toEqual(again.message);
    expect(told).toEqual(["done"]);
    expect(provider.counts().received).toBe(1);
    expect(client.status()[0]?.dimensions[0]?.balance).toBeGreaterThanOrEqual(before);
    await client.chat({ ...request, temperature: 0.6, messages: [userMessage("no key")] });
    expect(provider.counts().received).toBe(2);
  },
);

test("exchanges are recorded to files without the key, and replayed without asking", async () => {
  const recorder = clientOf("openai", "record");
  await recorder.chat(request);
  await recorder.chat(request);
  expect(provider.counts().received).toBe(2);
  const [file, ...others] = await readdir(directory);
  expect(others).toEqual([]);
  const text = await readFile(join(directory, file ?? ""), "utf8");
  expect(text).toContain("Answer 1 [key removed]");
  expect(text).not.toContain(key);
  const player = clientOf("openai", "replay");
  expect(textOf((await player.chat(request)).message)).toBe("Answer 1 [key removed]");
  await expect(player.chat({ ...request, model: "other" })).rejects.toMatchObject({ code: "invalid_request", attempts: 0 });
  expect(provider.counts().received).toBe(2);
});

test("an answer that was cut is asked again; a file that is broken counts as none", async () => {
  const client = clientOf("openai", "cache");
  const short = { ...request, maxTokens: 1 };
  expect((await client.chat(short)).finishReason).toBe("length");
  expect(await readdir(directory)).toEqual([]);
  await client.chat(request);
  const [file] = await readdir(directory);
  await writeFile(join(directory, file ?? ""), '{"provider":');
  await client.chat(request);
  expect(provider.counts().received).toBe(3);
});

test("equal requests have one key, whatever the order of their fields; what is asked makes the difference", () => {
  const keyOf = (asked: ChatRequest, name: "openai" | "anthropic" = "openai") => answerKey(name, plainRequest(asked));
  const { maxTokens, messages, model, temperature } = request;
  expect(keyOf({ temperature, stop: undefined, messages, maxTokens, model, metadata: { note: "x" } })).toBe(keyOf(request));
  const image = (byte: number) =>
    userMessage([{ type: "image", source: { type: "bytes", mediaType: "image/png", data: Uint8Array.of(byte) } }]);
  const keys = [
    keyOf(request),
    keyOf(request, "anthropic"),
    keyOf({ ...request, maxTokens: 99 }),
    keyOf({ ...request, messages: [image(1)] }),
    keyOf({ ...request, messages: [image(2)] }),
  ];
  expect(new Set(keys).size).toBe(5);
});

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

/** A client whose provider answers when the gate is opened, and counts how often it was asked. */
function gated(answers: (asked: number) => Response | Promise<Response> = () => Response.json(plainAnswer)) {
  const { promise, open } = gate();
  const counted = { asked: 0 };
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    counted.asked += 1;
    const number = counted.asked;
    const aborted = new Promise<never>((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    await Promise.race([promise, aborted]);
    return await answers(number);
  };
  const retry = { maxAttempts: 1 };
  const client = createChatClient({ provider: "vllm", retry }, { answers: { mode: "cache", store: new MemoryAnswerStore() }, fetch });
  return { client, open, counted };
}

const plainAnswer = {
  choices: [{ message: { content: "Hello." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 5, completion_tokens: 2 },
};

test("what is asked at the same time is asked once, and each is told", async () => {
  const { client, open, counted } = gated();
  const events: StreamEvent[] = [];
  const first = client.chat(request);
  const others = Array.from({ length: 20 }, () => client.chat(request));
  const told = client.chat(request, { onStream: (event) => void events.push(event) });
  const other = client.chat({ ...request, temperature: 0.1 });
  open();
  expect((await first).attempts).toBe(1);
  for (const response of await Promise.all(others)) {
    expect(response).toMatchObject({ attempts: 0, usage: { inputTokens: 5 }, finishReason: "stop" });
    expect(textOf(response.message)).toBe("Hello.");
  }
  expect(messageOfStream(events)).toEqual((await told).message);
  expect((await other).attempts).toBe(1);
  expect(counted.asked).toBe(2);
});

test("what is wrong with the options of one ends none of the others", async () => {
  const { client, open, counted } = gated();
  const wrong = [{ priority: Number.NaN }, { deadline: new Date("never") }, { idempotencyKey: "a\nb" }];
  const refused = Promise.allSettled(wrong.map((options) => client.chat(request, options)));
  const fine = client.chat(request);
  open();
  for (const outcome of await refused) expect(outcome).toMatchObject({ reason: { code: "invalid_request", attempts: 0 } });
  expect(textOf((await fine).message)).toBe("Hello.");
  expect(counted.asked).toBe(1);
});

test("several answers to one question are asked for, and kept, apart", async () => {
  const bodies: unknown[] = [];
  const fetch = async (_: unknown, init?: RequestInit) => {
    bodies.push(init?.body);
    return Response.json({ choices: [{ message: { content: `Answer ${bodies.length}` }, finish_reason: "stop" }] });
  };
  const client = createChatClient({ provider: "vllm" }, { answers: { mode: "cache", store: new MemoryAnswerStore() }, fetch });
  const samples = () => Promise.all([1, 2, 3].map(async (sample) => textOf((await client.chat({ ...request, sample })).message)));
  const first = await samples();
  expect(new Set(first).size).toBe(3);
  expect(await samples()).toEqual(first);
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies).size).toBe(1);
});

test("when the one that asks is aborted, another asks; when one that waits is, the others go on", async () => {
  const { client, open, counted } = gated();
  const leaving = new AbortController();
  const first = client.chat(request, { signal: leaving.signal });
  const second = client.chat(request);
  const third = client.chat(request);
  const waiting = new AbortController();
  const fourth = client.chat(request, { signal: waiting.signal });
  const late = client.chat(request, { deadline: new Date(Date.now() + 30) });
  waiting.abort();
  await expect(fourth).rejects.toMatchObject({ code: "aborted" });
  await expect(late).rejects.toMatchObject({ code: "deadline_exceeded" });
  await expect.poll(() => counted.asked).toBe(1);
  leaving.abort();
  await expect(first).rejects.toMatchObject({ code: "aborted" });
  await expect.poll(() => counted.asked).toBe(2);
  open();
  expect([(await second).attempts, (await third).attempts]).toEqual([1, 0]);
  expect(counted.asked).toBe(2);
});

test("an error of the provider's ends all that asked the same, and the next asks again; so does an answer that was cut", async () => {
  const failing = gated((asked) =>
    asked === 1 ? Response.json({ error: { message: "no" } }, { status: 400 }) : Response.json(plainAnswer),
  );
  const all = Promise.allSettled([failing.client.chat(request), failing.client.chat(request), failing.client.chat(request)]);
  failing.open();
  for (const outcome of await all) expect(outcome).toMatchObject({ status: "rejected", reason: { code: "invalid_request" } });
  expect(failing.counted.asked).toBe(1);
  expect((await failing.client.chat(request)).attempts).toBe(1);

  const cut = { choices: [{ message: { content: "Hel" }, finish_reason: "length" }] };
  const cutting = gated(() => Response.json(cut));
  const both = Promise.all([cutting.client.chat(request), cutting.client.chat(request)]);
  cutting.open();
  expect((await both).map(({ finishReason, attempts }) => [finishReason, attempts])).toEqual([
    ["length", 1],
    ["length", 0],
  ]);
  await cutting.client.chat(request);
  expect(cutting.counted.asked).toBe(2);
});

test("what a model wrote is kept as it is, whatever it looks like, save the client's own key", async () => {
  const text = "Send `Authorization: Bearer YOUR_TOKEN`; none of the pk-constraints of sk-learning-rates is EMPTY.";
  const body = { choices: [{ message: { content: text }, finish_reason: "stop" }] };
  for (const apiKey of [undefined, "EMPTY", key]) {
    const store = new MemoryAnswerStore();
    const fetch = async () => Response.json(body);
    const answering = createChatClient({ provider: "vllm", apiKey }, { answers: { mode: "record", store }, fetch });
    await answering.chat(request);
    const replaying = createChatClient({ provider: "vllm", apiKey }, { answers: { mode: "replay", store }, fetch });
    expect(textOf((await replaying.chat(request)).message)).toBe(text);
  }
});

test("an aborted request and a closed client are not answered from what was kept", async () => {
  const client = clientOf("openai", "cache", new MemoryAnswerStore());
  await client.chat(request);
  await expect(client.chat(request, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  await client.close();
  await expect(client.chat(request)).rejects.toMatchObject({ code: "closed" });
});

test("a client that is closed first ends what it accepted, and keeps the answers", async () => {
  for (const mode of ["cache", "record"] as const) {
    const store = new MemoryAnswerStore();
    const slow: AnswerStore = {
      read: (name) => delayed(() => store.read(name)),
      write: (name, answer) => delayed(() => store.write(name, answer)),
    };
    const fetch = async () => Response.json(plainAnswer);
    const closing = createChatClient({ provider: "vllm" }, { answers: { mode, store: slow }, fetch });
    const asked = [closing.chat(request), closing.chat(request)];
    await closing.close();
    expect(await store.read(answerKey("vllm", plainRequest(request)))).not.toBeNull();
    for (const response of await Promise.all(asked)) expect(textOf(response.message)).toBe("Hello.");
  }
});

async function delayed<T>(work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return await work();
}
