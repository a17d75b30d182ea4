// A model that no client knows: anything with a `chat` function can stand behind a thread, beside real providers in one batch.
import {
  answerFromRaw,
  type ChatClient,
  type ChatOptions,
  type ChatRequest,
  type ChatResponse,
  ProviderError,
  textOf,
} from "@minference/clients";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

/** Turns what it is told into a question, as a program of 1966 did. Its answers are kept in the form of OpenAI's. */
class Eliza implements ChatClient {
  readonly provider = "openai";
  #answered = 0;

  async chat(request: ChatRequest, { onAttempt, signal }: ChatOptions = {}): Promise<ChatResponse> {
    if (signal?.aborted === true) throw new ProviderError({ code: "aborted", message: "Called off", provider: this.provider });
    const id = `eliza-${(this.#answered += 1)}`;
    const at = Date.now();
    const last = request.messages.findLast((message) => message.role === "user");
    const said = last?.role === "user" ? textOf(last) : "";
    await onAttempt?.({ type: "queued", attempt: 1, at, estimatedTokens: said.length }); // where a budget makes it wait
    await onAttempt?.({ type: "sent", attempt: 1, at, idempotencyKey: id }); // before anything is done
    const content = said.replace(/^I am (.*?)\W*$/, "How long have you been $1?").replaceAll(/\bmy\b/g, "your");
    const raw = {
      id,
      object: "chat.completion",
      created: Math.floor(at / 1_000),
      model: request.model,
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
      usage: { prompt_tokens: said.length, completion_tokens: content.length, total_tokens: said.length + content.length },
    };
    const response: ChatResponse = {
      ...answerFromRaw(this.provider, raw),
      provider: this.provider,
      model: request.model,
      requestId: id,
      timings: { submittedAt: at, sentAt: at, doneAt: Date.now(), queuedMs: 0 },
      attempts: 1,
      raw,
    };
    await onAttempt?.({ type: "done", attempt: 1, at: response.timings.doneAt, response });
    return response;
  }

  status(): [] {
    return [];
  }

  async close(): Promise<void> {}
}

export async function customProvider({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const orchestrator = new InferenceOrchestrator({
    registry: new EntityRegistry(new MemoryStorage()),
    clients: { ...clients, eliza: new Eliza() },
  });
  const configs = [LLMConfig.create({ client: "eliza", model: "doctor-1966" }), LLMConfig.create({ client, model, maxTokens: 60 })];
  const threads = configs.map((llmConfig) => ChatThread.create({ llmConfig, newMessage: "I am worried about my exam." }));
  for (const outcome of await orchestrator.runParallel(threads)) print(`${outcome.thread.llmConfig.client}: ${answerOf(outcome)}`);
}
