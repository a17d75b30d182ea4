import { AsyncLocalStorage } from "node:async_hooks";
import type { Fetch } from "./fetch-exchange.ts";
import type { HttpExchange, HttpRequest, Received } from "./http-exchange.ts";

/** A request that an SDK can make. */
export interface SdkRequest {
  /** What its URL depends on: requests of one form differ in their body and idempotency key alone. */
  readonly form: string;
  readonly body: object;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly streaming: boolean;
  /** Makes the request with the SDK and sends it. */
  send(headers: Readonly<Record<string, string>>): PromiseLike<unknown>;
}

const keyHeader = "idempotency-key";

interface Call {
  readonly request: SdkRequest;
  received?: Received;
}

/**
 * Sends the requests of an SDK and reads answers as they came, underneath it: status, headers and text, whatever the SDK would make of an
 * unexpected body. The SDK makes the first request of each form, its URL and all its headers; the next ones are made after that one, at a
 * small part of the cost.
 */
export class SdkRequests {
  readonly #calls = new AsyncLocalStorage<Call>();
  readonly #forms = new Map<string, Pick<HttpRequest, "url" | "method" | "headers">>();
  readonly #exchange: HttpExchange;

  constructor(exchange: HttpExchange) {
    this.#exchange = exchange;
  }

  /** To be handed to the SDK, which is told the status alone. */
  readonly fetch: Fetch = async (input, init = {}) => {
    const { body = null, method = "GET", signal = null } = init;
    if (body !== null && typeof body !== "string") throw new TypeError("The SDK sends a body that is no text.");
    const call = this.#calls.getStore();
    const url = input instanceof Request ? input.url : String(input);
    const headers = Object.fromEntries(init.headers instanceof Headers ? init.headers : new Headers(init.headers));
    if (call !== undefined) this.#forms.set(formOf(call.request), { url, method, headers });
    const received = await this.#exchange({ url, method, headers, body, signal }, call?.request.streaming === true);
    if (call !== undefined) call.received = received;
    return new Response(null, { status: received.status });
  };

  /** Resolves with the answer a request got, of one that streams as soon as its headers are there. Rejects only where there was no answer. */
  async exchange(request: SdkRequest): Promise<Received> {
    const { body, idempotencyKey, signal, streaming } = request;
    const known = this.#forms.get(formOf(request));
    if (known !== undefined) {
      const headers = { ...known.headers, [keyHeader]: idempotencyKey };
      return await this.#exchange({ ...known, headers, body: JSON.stringify(body), signal }, streaming);
    }
    const call: Call = { request };
    try {
      await this.#calls.run(call, () => request.send({ [keyHeader]: idempotencyKey }));
    } catch (error) {
      if (call.received === undefined) throw error;
    }
    if (call.received === undefined) throw new TypeError("The SDK returned without sending a request.");
    return call.received;
  }
}

function formOf({ form, streaming }: SdkRequest): string {
  return `${streaming ? "stream" : "whole"} ${form}`;
}
