import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";
import Bottleneck from "bottleneck";
import OpenAI from "openai";
import PQueue from "p-queue";
import { instructions, maxTokens, type Question } from "./load.ts";
import { countKept, type Subject, type Task } from "./subject.ts";

/** How many requests at once the subjects that only know concurrency have. */
const concurrency = 50;

function bodyOf({ text }: Question): OpenAI.ChatCompletionCreateParamsNonStreaming {
  const messages = [
    { role: "system" as const, content: instructions },
    { role: "user" as const, content: text },
  ];
  return { model: "simulated", messages, max_tokens: maxTokens };
}

/** What a request will take of the tokens, as its maker can know: four characters to a token, and the longest answer. */
function weightOf({ text }: Question): number {
  return Math.ceil((instructions.length + text.length) / 4) + maxTokens;
}

function sdkOf({ server }: Task, maxRetries?: number): OpenAI {
  return new OpenAI({
    apiKey: "benchmark",
    baseURL: server.openaiBaseUrl,
    logLevel: "off",
    ...(maxRetries === undefined ? {} : { maxRetries }),
  });
}

async function inParallel(task: Task, send: (question: Question) => Promise<unknown>): Promise<number> {
  const waiting = [...task.questions];
  let kept = 0;
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined && !task.signal.aborted; next = waiting.pop()) kept += await countKept([send(next)]);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return kept;
}

const openaiSdk: Subject = {
  name: `openai SDK, its retries, ${concurrency} at once`,
  run: async (task) => {
    const sdk = sdkOf(task);
    return await inParallel(task, async (question) => await sdk.chat.completions.create(bodyOf(question), { signal: task.signal }));
  },
};

const aiPackage: Subject = {
  name: `ai, its retries, ${concurrency} at once`,
  run: async (task) => {
    const provider = createOpenAICompatible({ name: "simulated", apiKey: "benchmark", baseURL: task.server.openaiBaseUrl });
    const model = provider("simulated");
    return await inParallel(
      task,
      async ({ text }) => await generateText({ model, instructions, prompt: text, maxOutputTokens: maxTokens, abortSignal: task.signal }),
    );
  },
};

const pQueue: Subject = {
  name: "p-queue, requests an interval, SDK's retries",
  run: async (task) => {
    const sdk = sdkOf(task);
    const queue = new PQueue({ interval: 1000, intervalCap: Math.floor(task.limits.requestsPerMinute / 60) });
    const send = async (question: Question): Promise<unknown> =>
      await sdk.chat.completions.create(bodyOf(question), { signal: task.signal });
    return await countKept(task.questions.map(async (question) => await queue.add(async () => await send(question))));
  },
};

const bottleneck: Subject = {
  name: "Bottleneck's own reservoirs",
  run: async (task) => {
    const sdk = sdkOf(task);
    const reservoirOf = (perMinute: number): Bottleneck => {
      const amount = Math.floor(perMinute / 60);
      return new Bottleneck({ reservoir: amount, reservoirRefreshAmount: amount, reservoirRefreshInterval: 1000 });
    };
    const requests = reservoirOf(task.limits.requestsPerMinute);
    const tokens = reservoirOf(task.limits.tokensPerMinute ?? 0);
    const stop = (): void => void requests.disconnect().then(async () => await tokens.disconnect());
    task.signal.addEventListener("abort", stop, { once: true });
    const sending = task.questions.map(async (question) => {
      const send = async (): Promise<unknown> => await sdk.chat.completions.create(bodyOf(question), { signal: task.signal });
      return await requests.schedule(async () => await tokens.schedule({ weight: weightOf(question) }, send));
    });
    const kept = await orAborted(task.signal, countKept(sending));
    stop();
    return kept;
  },
};

/** Adds a slot with every answer that many, halves them with every refusal, and asks again after what the server says. */
const aimd: Subject = {
  name: "a loop that adapts its concurrency",
  run: async (task) => {
    const sdk = sdkOf(task, 0);
    const waiting = [...task.questions];
    const started = waiting.length;
    let slots = 8;
    let running = 0;
    let kept = 0;
    let halvedAt = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const step = (): void => {
      if (kept === started || task.signal.aborted) resolve();
      while (running < Math.floor(slots) && waiting.length > 0 && !task.signal.aborted) void send(waiting.pop());
    };
    const send = async (question: Question | undefined): Promise<void> => {
      if (question === undefined) return;
      running += 1;
      try {
        await sdk.chat.completions.create(bodyOf(question), { signal: task.signal });
        kept += 1;
        slots += 1 / slots;
      } catch (error) {
        waiting.push(question);
        if (performance.now() - halvedAt > 1000) {
          slots = Math.max(1, slots / 2);
          halvedAt = performance.now();
        }
        const after = error instanceof OpenAI.APIError ? Number(error.headers?.get("retry-after-ms") ?? 500) : 500;
        await pause(after);
      }
      running -= 1;
      step();
    };
    task.signal.addEventListener("abort", () => resolve(), { once: true });
    step();
    await promise;
    return kept;
  },
};

/** The original's loop: a full minute at the start, an estimate for each request that is never corrected, 15 seconds' rest after a refusal, five tries. */
const original: Subject = {
  name: "the original's loop",
  run: async (task) => {
    const sdk = sdkOf(task, 0);
    const { requestsPerMinute, tokensPerMinute = 0 } = task.limits;
    const waiting = task.questions.map((question) => ({ question, left: 5 }));
    let requests = requestsPerMinute;
    let tokens = tokensPerMinute;
    let at = performance.now();
    let restUntil = 0;
    let running = 0;
    let kept = 0;
    const send = async (entry: (typeof waiting)[number]): Promise<void> => {
      running += 1;
      try {
        await sdk.chat.completions.create(bodyOf(entry.question), { signal: task.signal });
        kept += 1;
      } catch {
        restUntil = performance.now() + 15_000;
        entry.left -= 1;
        if (entry.left > 0) waiting.push(entry);
      }
      running -= 1;
    };
    while ((waiting.length > 0 || running > 0) && !task.signal.aborted) {
      const now = performance.now();
      requests = Math.min(requestsPerMinute, requests + ((now - at) * requestsPerMinute) / 60_000);
      tokens = Math.min(tokensPerMinute, tokens + ((now - at) * tokensPerMinute) / 60_000);
      at = now;
      const [next] = waiting;
      if (next !== undefined && now >= restUntil && requests >= 1 && tokens >= weightOf(next.question)) {
        waiting.shift();
        requests -= 1;
        tokens -= weightOf(next.question);
        void send(next);
      }
      await pause(1);
    }
    return kept;
  },
};

async function pause(ms: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, ms));
}

async function orAborted(signal: AbortSignal, work: Promise<number>): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  signal.addEventListener("abort", () => resolve(0), { once: true });
  return await Promise.race([work, promise]);
}

/** What others have, on the same work. */
export const peers: readonly Subject[] = [openaiSdk, aiPackage, pQueue, bottleneck, aimd, original];
