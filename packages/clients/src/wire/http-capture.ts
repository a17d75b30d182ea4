import { AsyncLocalStorage } from "node:async_hooks";

/** An HTTP answer, read to its end. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The part of `fetch` that is used. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Reads answers as they came, underneath an SDK: status, headers and text, whatever the SDK would make of an unexpected body.
 * Redirects are not followed, so that no key is carried elsewhere.
 */
export class HttpCapture {
  readonly #storage = new AsyncLocalStorage<{ received?: Received }>();
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** To be handed to the SDK. */
  readonly fetch: Fetch = async (input, init) => {
    const response = await this.#fetch(input, { ...init, redirect: "manual" });
    const text = await response.text();
    const { status, headers } = response;
    const call = this.#storage.getStore();
    if (call !== undefined) call.received = { status, headers, text };
    const empty = status === 204 || status === 205 || status === 304;
    return new Response(empty ? null : text, { status, headers });
  };

  /** Runs one SDK call and resolves with the answer it got. Rejects with the SDK's error only where there was no answer. */
  async exchange(send: () => PromiseLike<unknown>): Promise<Received> {
    const call: { received?: Received } = {};
    try {
      await this.#storage.run(call, send);
    } catch (error) {
      if (call.received === undefined) throw error;
    }
    if (call.received === undefined) throw new TypeError("The SDK returned without sending a request.");
    return call.received;
  }
}
