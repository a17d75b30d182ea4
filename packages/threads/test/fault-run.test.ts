import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChatClient, type ProviderName } from "@minference/clients";
import {
  seededRandom,
  type SimulatedAnswer,
  type SimulatedFaultKind,
  type SimulatedRefusal,
  type SimulatedScript,
  startSimulatedProvider,
} from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LedgerEntry, LLMConfig, type Outcome } from "../src/index.ts";

/** `MINFERENCE_ENDURANCE=full` runs 2 000 threads; the suite a tenth of them. */
const count = process.env["MINFERENCE_ENDURANCE"] === "full" ? 2000 : 200;

/** What hits a fifth of all requests on their way; each of them passes when it is sent again. */
const onTheWay: readonly SimulatedFaultKind[] = [
  "rate_limited",
  "overloaded",
  "server_error",
  "html_bad_gateway",
  "connection_reset",
  "stall",
  "empty_body",
  "malformed_json",
];

/** How a thread fares: what its model does once the first sum is there, and the class of the outcome, with how many messages it then has. */
interface Fate {
  readonly next: SimulatedAnswer | SimulatedRefusal;
  readonly outcome: string;
  readonly messages: number;
  /** What a tool result says, where the model made a mistake that it was told of. */
  readonly told?: RegExp;
}

const answered = { outcome: "completed", messages: 6 };
const failed = (outcome: string) => ({ outcome, messages: 3 });
const fates: Readonly<Record<string, Fate>> = {
  good: { next: { text: "The sum is 3." }, outcome: "completed", messages: 4 },
  malformed: { next: { toolCalls: [{ id: "m", name: "add", argumentsText: '{"a": 1' }] }, ...answered, told: /not (valid )?JSON/ },
  unfit: { next: { toolCalls: [{ id: "m", name: "add", arguments: { a: "one" } }] }, ...answered, told: /do not fit the schema/ },
  unknown: { next: { toolCalls: [{ id: "m", name: "subtract", arguments: {} }] }, ...answered, told: /There is no tool named "subtract"/ },
  throwing: { next: { toolCalls: [{ id: "m", name: "explode", arguments: {} }] }, ...answered, told: /explode failed: boom/ },
  truncated: { next: { text: "The sum is", finishReason: "length" }, ...failed("truncated") },
  refused: { next: { text: "I won't.", finishReason: "refusal" }, ...failed("refused") },
  empty: { next: { text: "" }, ...failed("empty_answer") },
  forbidden: { next: { refuse: { status: 403, message: "no" } }, ...failed("provider: permission") },
  invalid: { next: { refuse: { status: 400, message: "no" } }, ...failed("provider: invalid_request") },
  broken: { next: { refuse: { status: 500, message: "always" } }, ...failed("provider: for now") },
  overloaded: { next: { refuse: { status: 529, message: "always", type: "overloaded_error" } }, ...failed("provider: for now") },
};

/** Four threads in five fare well, the others each in another way. */
function fateOf(index: number, provider: ProviderName): Fate {
  const names = Object.keys(fates).filter((name) => name !== "good" && (name !== "malformed" || provider === "openai"));
  const name = index % 5 === 0 ? names[(index / 5) % names.length] : "good";
  const fate = fates[name ?? "good"];
  if (fate === undefined) throw new Error(`there is no fate ${name}`);
  return fate;
}

const providerOf = (index: number): ProviderName => (index % 2 === 0 ? "openai" : "anthropic");

const play: SimulatedScript = ({ request }) => {
  const [question] = request.messages.flatMap((message) => (message.role === "user" ? message.parts : []));
  const index = question?.type === "text" ? Number(question.text) : 0;
  const answers = request.messages.filter((message) => message.role === "assistant").length;
  if (answers === 0) return { text: "Let me add.", toolCalls: [{ id: "first", name: "add", arguments: { a: 1, b: 2 } }] };
  return answers === 1 ? fateOf(index, providerOf(index)).next : { text: "The sum is 3 all the same." };
};

function contentsOf({ history }: ChatThread): unknown[] {
  return history.map(({ ecsId, role, content, toolCalls, toolCallId, isError, usage }) => ({
    ecsId,
    role,
    content,
    toolCalls,
    toolCallId,
    isError,
    tokens: usage?.totalTokens,
  }));
}

function classOf(outcome: Outcome): string {
  if (outcome.status !== "failed") return outcome.status;
  const { cause, code, retryable } = outcome.error;
  // What always fails ends with whatever its last attempt met.
  if (code === "provider" && retryable) return "provider: for now";
  return code === "provider" && cause instanceof Error && "code" in cause ? `provider: ${String(cause.code)}` : code;
}

test(`${count} threads, a fifth of the requests and of the models at fault: each has its outcome, in order, of the right class`, async () => {
  const directory = mkdtempSync(join(tmpdir(), "minference-faults-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const random = seededRandom(3);
  const hit = new Map<SimulatedFaultKind, number>();
  await using server = await startSimulatedProvider({
    script: play,
    faults: () => {
      const fault = random() < 0.2 ? onTheWay[Math.floor(random() * onTheWay.length)] : undefined;
      if (fault !== undefined) hit.set(fault, (hit.get(fault) ?? 0) + 1);
      return fault;
    },
  });
  const registry = new EntityRegistry(await openSqlite(join(directory, "faults.db")));
  onTestFinished(() => registry.close());
  const callables = new CallableRegistry();
  const numbers = z.object({ a: z.number(), b: z.number() });
  const add = callables.register({ name: "add", docstring: "Adds", input: numbers, output: z.number(), run: ({ a, b }) => a + b });
  const explode = callables.register({
    name: "explode",
    docstring: "Always throws",
    input: z.object({}),
    run: () => {
      throw new Error("boom");
    },
  });
  const clientOf = (provider: ProviderName, baseUrl: string) =>
    createChatClient({
      provider,
      baseUrl,
      apiKey: "k",
      timeoutMs: 3000,
      limits: { requestsPerMinute: 6000, tokensPerMinute: 600_000_000 },
      retry: { maxAttempts: 14, maxRefusals: 40, baseDelayMs: 1, maxDelayMs: 5 },
    });
  const clients = { openai: clientOf("openai", server.openaiBaseUrl), anthropic: clientOf("anthropic", server.anthropicBaseUrl) };
  onTestFinished(async () => {
    await Promise.all([clients.openai.close(), clients.anthropic.close()]);
  });
  const configs = new Map(
    (["openai", "anthropic"] as const).map((client) => [client, LLMConfig.create({ client, model: "m", responseFormat: "auto_tools" })]),
  );
  const threads = Array.from({ length: count }, (_, index) => {
    const llmConfig = configs.get(providerOf(index) === "openai" ? "openai" : "anthropic") ?? LLMConfig.create({ client: "none" });
    return new ChatThread({ llmConfig, tools: [add, explode], newMessage: String(index) });
  });

  let timeouts = 0;
  /** What each history held before the last request of its thread. */
  const before = new Map<number, readonly unknown[]>();
  const outcomes = await new InferenceOrchestrator({ registry, clients, callables }).runParallel(threads, {
    onEvent: (event) => {
      if (event.type === "request_queued") before.set(event.index, contentsOf(event.thread));
      if (event.type === "request_failed" && event.error.code === "timeout") timeouts += 1;
    },
  });

  const wanted = threads.map((_, index) => fateOf(index, providerOf(index)));
  expect(outcomes.map(({ index }) => index)).toEqual(threads.map((_, index) => index));
  expect(outcomes.map(({ thread }) => threads.indexOf(thread))).toEqual(threads.map((_, index) => index));
  expect(outcomes.map(classOf)).toEqual(wanted.map(({ outcome }) => outcome));
  for (const kind of onTheWay) expect(hit.get(kind) ?? 0, kind).toBeGreaterThan(0);
  // Only what was answered too late can have been answered again.
  expect(server.counts().duplicates).toBeLessThanOrEqual(timeouts);

  const stored = await registry.getMany(
    ChatThread,
    threads.map(({ ecsId }) => ecsId),
  );
  for (const [index, thread] of stored.entries()) {
    const { messages, outcome, told } = wanted[index] ?? fateOf(index, providerOf(index));
    const roles = ["user", "assistant", "tool", "assistant", "tool", "assistant"].slice(0, messages);
    expect(thread.history.map(({ role }) => role)).toEqual(roles);
    expect(thread.pendingToolCalls).toEqual([]);
    if (told !== undefined) expect(thread.history[4]).toMatchObject({ isError: true, content: expect.stringMatching(told) });
    // A turn that failed left nothing: the next request would be the one that failed.
    if (outcome === "completed") continue;
    expect(contentsOf(thread)).toEqual(before.get(index));
    expect(thread.toRequest().messages).toHaveLength(3);
  }
  const entries = await Array.fromAsync(registry.listByType(LedgerEntry));
  const inOrder = entries.toSorted((a, b) => a.index - b.index).map(({ status }) => status);
  expect(inOrder).toEqual(wanted.map(({ outcome }) => (outcome === "completed" ? "completed" : "failed")));
});
