import { AsyncLocalStorage } from "node:async_hooks";
import type { Fetch } from "./fetch-exchange.ts";
import type { HttpExchange, Received } from "./http-exchange.ts";

interface Call {
  readonly streaming: boolean;
  received?: Received;
}

/** Reads answers as they came, underneath an SDK: status, headers and text, whatever the SDK would make of an unexpected body. */
export class HttpCapture {
  readonly #storage = new AsyncLocalStorage<Call>();
  readonly #exchange: HttpExchange;

  constructor(exchange: HttpExchange) {
    this.#exchange = exchange;
  }

  /** To be handed to the SDK, which is told the status alone. */
  readonly fetch: Fetch = async (input, init = {}) => {
    const { body = null, method = "GET", signal = null } = init;
    if (body !== null && typeof body !== "string") throw new TypeError("The SDK sends a body that is no text.");
    const call = this.#storage.getStore();
    const url = input instanceof Request ? input.url : String(input);
    const headers = init.headers instanceof Headers ? init.headers : new Headers(init.headers);
    const received = await this.#exchange({ url, method, headers, body, signal }, call?.streaming === true);
    if (call !== undefined) call.received = received;
    return new Response(null, { status: received.status });
  };

  /** Runs one SDK call and resolves with the answer it got, of one that streams as soon as its headers are there. Rejects with the SDK's error only where there was no answer. */
  async exchange(send: () => PromiseLike<unknown>, streaming: boolean): Promise<Received> {
    const call: Call = { streaming };
    try {
      await this.#storage.run(call, send);
    } catch (error) {
      if (call.received === undefined) throw error;
    }
    if (call.received === undefined) throw new TypeError("The SDK returned without sending a request.");
    return call.received;
  }
}
