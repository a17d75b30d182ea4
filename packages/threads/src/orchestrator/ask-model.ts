import { type ChatClient, type ChatRequest, type ChatResponse, ProviderError } from "@minference/clients";
import type { Reservation } from "../budget/reservation.ts";
import { ThreadError } from "../errors/thread-error.ts";
import type { ThreadFormat } from "../formats/thread-format.ts";
import type { LedgerChange } from "../ledger/ledger-entry.ts";
import type { LedgerStatus } from "../ledger/ledger-status.ts";
import { ChatMessage } from "../message/chat-message.ts";
import { answerFailure } from "./answer-failure.ts";
import { keepAnswer } from "./kept-answer.ts";
import { openedAnswer } from "./opened-answer.ts";
import { requestEvent } from "./request-event.ts";
import { noteAttempt } from "./request-ledger.ts";
import { takeOut } from "./say-new-message.ts";
import { StreamTeller } from "./stream-teller.ts";
import { structuredAnswer, unfitCalls } from "./structured-answer.ts";
import type { ThreadSteps } from "./thread-steps.ts";

/** Whom to ask, and for what. */
export interface Asking {
  readonly client: ChatClient;
  readonly format: ThreadFormat;
  /** Whether an answer that does not fit may be asked for again. */
  readonly mayRepair: boolean;
}

/**
 * Asks for one answer and stores it. Resolves with null when it was to be an object and does not fit: then it is stored together with a
 * message that tells the model why, and the model is to be asked again. What is no answer at all is stored apart, and rejects.
 */
export async function askModel(steps: ThreadSteps, asking: Asking): Promise<ChatMessage | null> {
  const { environment, thread } = steps;
  const { client, format, mayRepair } = asking;
  const { provider } = client;
  steps.checkpoint();
  if (thread.hasModifications()) await steps.store({ name: "settings", roots: [thread], paid: false, undo: () => {} });
  const { client: clientName } = thread.llmConfig;
  const origin = {
    client: clientName,
    chatThreadId: thread.lineageId,
    chatThreadLiveId: thread.liveId,
    chatThreadVersionId: thread.ecsId,
    runId: environment.runId,
  };
  const request = thread.toRequest({ defaultModel: environment.defaultModels.get(clientName), provider });
  const opening = format.opening(thread, provider, request.model);
  steps.step += 1;
  const { reserved, response } = await send(steps, client, request, opening);

  const given = openedAnswer(opening, response.message);
  const failed = answerFailure(response, format);
  const structured = failed === null ? structuredAnswer(given, thread, format, environment.validator) : null;
  const wrongText = structured !== null && "wrong" in structured ? structured.wrong : null;
  // A call that does not fit has a result that says so; a text has a message.
  const wrong = wrongText ?? (failed === null ? unfitCalls(given, thread, format, environment.validator) : null);
  const unfit =
    wrong === null ? null : new ThreadError("invalid_object", `${response.model} gave no object: ${wrong}`, { retryable: true });
  const failure = failed ?? unfit;
  const object = structured !== null && "object" in structured ? structured.object : null;
  const price = environment.prices.priceOf(provider, response.model) ?? environment.prices.priceOf(provider, request.model);
  const kept = { request, response, message: given, origin, price, reserved, failure, object };
  const { output, usage } = keepAnswer(kept, format.callable(thread), environment.validator);
  steps.outputs.push(output);
  const answered = answeredBy(steps, response);
  if (failure !== null && (wrong === null || !mayRepair)) {
    const { code, message, retryable } = failure;
    const entry = { ...answered, status: "failed", error: { code, message, retryable } } as const;
    await steps.store({ name: "no answer", roots: [output], paid: true, entry, output, undo: () => {} });
    throw failure;
  }

  const answer = ChatMessage.answer(given, usage, steps.placeAfter(thread.history.at(-1) ?? null));
  const complaint = wrongText === null ? null : ChatMessage.complaint(complaintAbout(wrongText), steps.placeAfter(answer));
  const messages = complaint === null ? [answer] : [answer, complaint];
  output.chatMessageId = answer.ecsId;
  thread.history.push(...messages);
  const name = complaint === null ? "answer" : "unfit answer";
  const repairs = steps.repairs + (wrong === null ? 0 : 1);
  const entry = { ...answered, repairs, status: statusAfter(steps, answer, complaint) };
  await steps.store({ name, roots: [thread, output], paid: true, entry, output, undo: () => takeOut(thread, messages) });
  steps.repairs = repairs;
  return complaint === null ? answer : null;
}

function answeredBy({ entry, step }: ThreadSteps, { attempts, requestId }: ChatResponse): LedgerChange {
  const request = entry?.request ?? null;
  return { step, request: attempts === 0 || request === null ? null : { ...request, requestId }, begunToolCalls: [] };
}

function statusAfter({ environment }: ThreadSteps, answer: ChatMessage, complaint: ChatMessage | null): LedgerStatus {
  if (complaint !== null) return "reserved";
  return environment.until === null && answer.toolCalls.length === 0 ? "completed" : "done";
}

function complaintAbout(wrong: string): string {
  return `This answer can't be used: ${wrong}. Answer again with the whole corrected JSON and nothing else.`;
}

/** An answer, and what was reserved for it. */
interface Received {
  readonly response: ChatResponse;
  readonly reserved: Reservation | null;
}

async function send(steps: ThreadSteps, client: ChatClient, request: ChatRequest, opening: string): Promise<Received> {
  const { entry } = steps;
  const { budget, onEvent, prices, run, signal, streams } = steps.environment;
  const { lineageId } = steps.thread;
  const { maxTokens, model } = request;
  const price = prices.priceOf(client.provider, model);
  const lost = entry?.lostAttempt ?? null;
  const budgeted = budget.open({ thread: lineageId, model, maxTokens, price, priority: steps.step, lost, signal });
  const streaming = onEvent !== undefined && streams(steps.thread);
  const teller = streaming ? new StreamTeller(opening, (details) => steps.emit(details)) : null;
  try {
    const recorded = { provider: client.provider, request, conversation: lineageId, streaming };
    const response = await steps.span.chat(recorded, (tell) =>
      client.chat(request, {
        signal,
        run,
        priority: steps.step,
        onStream: teller === null ? undefined : (event) => teller.tell(event),
        idempotencyKey: entry?.idempotencyKeyOf(steps.step),
        onAttempt: async (event) => {
          const target = { client: steps.thread.llmConfig.client, model, reserved: budgeted.lastReserved };
          if (entry !== null) await noteAttempt(steps, entry, target, event);
          tell(event);
          if (onEvent !== undefined) steps.emit(requestEvent(event));
          await budgeted.follow(event, () => steps.emit({ type: "request_held", attempt: event.attempt }));
        },
      }),
    );
    budgeted.close(response);
    steps.attempts += response.attempts;
    return { response, reserved: budgeted.lastReserved };
  } catch (error) {
    budgeted.close(null);
    if (ProviderError.is(error)) steps.attempts += error.attempts;
    throw error;
  }
}
