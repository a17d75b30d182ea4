import type { Clock } from "../clock/clock.ts";
import type { ProviderError } from "../errors/provider-error.ts";
import type { Spent } from "../limits/rate-limiter.ts";
import type { Received } from "../wire/http-capture.ts";
import { isJsonObject, readJson } from "../wire/read-json.ts";
import type { Transport, WireAnswer, WireError } from "../wire/transport.ts";
import {
  answeredFailure,
  endedFailure,
  type FailureContext,
  neverSent,
  timeoutFailure,
  unansweredFailure,
  unreadableFailure,
} from "./failure.ts";
import type { RequestScope } from "./request-scope.ts";

/** How one attempt ended. */
export type Attempt =
  | {
      readonly outcome: "answered";
      readonly headers: Headers;
      readonly answer: WireAnswer;
      readonly sentAt: number;
      readonly doneAt: number;
    }
  | {
      readonly outcome: "failed";
      readonly headers: Headers | null;
      readonly error: ProviderError;
      readonly spent: Spent | "all" | "nothing";
    };

/** An error answer cost a request but no tokens. */
const onlyTheRequest: Spent = { requests: 1, inputTokens: 0, outputTokens: 0, reported: false };

/** Sends a request once and tells how that ended and what it cost. */
export class AttemptSender {
  readonly #transport: Transport;
  readonly #context: FailureContext;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(transport: Transport, context: FailureContext, clock: Clock, timeoutMs: number) {
    this.#transport = transport;
    this.#context = context;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  async send(send: ReturnType<Transport["prepare"]>, scope: RequestScope, idempotencyKey: string): Promise<Attempt> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(scope.signal.reason);
    scope.signal.addEventListener("abort", abort, { once: true });
    let timedOut = false;
    const callOff = this.#clock.after(this.#timeoutMs, () => {
      timedOut = true;
      controller.abort(new Error("The attempt took too long."));
    });
    const sentAt = this.#clock.now();
    try {
      const received = await send({ signal: controller.signal, idempotencyKey });
      return this.#read(received, sentAt);
    } catch (cause) {
      if (scope.ending !== null) return failed(endedFailure(this.#context, scope.ending, 0), "all");
      if (timedOut) return failed(timeoutFailure(this.#context, this.#timeoutMs), "all");
      return failed(unansweredFailure(this.#context, cause), neverSent(cause) ? "nothing" : "all");
    } finally {
      callOff();
      scope.signal.removeEventListener("abort", abort);
    }
  }

  #read(received: Received, sentAt: number): Attempt {
    const { status, headers, text } = received;
    const doneAt = this.#clock.now();
    const requestId = this.#transport.requestIdOf(headers);
    const body = readJson(text);
    const refuse = (said: WireError): Attempt => {
      const error = answeredFailure(this.#context, received, said, requestId, doneAt);
      return { outcome: "failed", headers, error, spent: error.code === "rate_limited" ? "nothing" : onlyTheRequest };
    };
    if (status < 200 || status > 299) return refuse(this.#transport.readError(status, body));
    try {
      if (!isJsonObject(body)) throw new SyntaxError("The body is not a JSON object.");
      const answer = this.#transport.readAnswer(body);
      return answer.kind === "error" ? refuse(answer) : { outcome: "answered", headers, answer, sentAt, doneAt };
    } catch (cause) {
      return { outcome: "failed", headers, error: unreadableFailure(this.#context, received, requestId, cause), spent: "all" };
    }
  }
}

function failed(error: ProviderError, spent: "all" | "nothing"): Attempt {
  return { outcome: "failed", headers: null, error, spent };
}
