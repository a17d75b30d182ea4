import { AsyncLocalStorage } from "node:async_hooks";

/** An HTTP answer, read to its end or, where `body` is given, to be read as a stream of events. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where the body is still to be read. */
  readonly text: string;
  readonly body: ReadableStream<Uint8Array> | null;
}

/** The part of `fetch` that is used. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

interface Call {
  readonly streaming: boolean;
  received?: Received;
}

/**
 * Reads answers as they came, underneath an SDK: status, headers and text, whatever the SDK would make of an unexpected body.
 * Redirects are not followed, so that no key is carried elsewhere.
 */
export class HttpCapture {
  readonly #storage = new AsyncLocalStorage<Call>();
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** To be handed to the SDK. */
  readonly fetch: Fetch = async (input, init) => {
    const response = await this.#fetch(input, { ...init, redirect: "manual" });
    const { status, headers, ok } = response;
    const call = this.#storage.getStore();
    const streams = call?.streaming === true && ok && headers.get("content-type")?.startsWith("text/event-stream") === true;
    const body = streams ? response.body : null;
    const text = body === null ? await response.text() : "";
    if (call !== undefined) call.received = { status, headers, text, body };
    const empty = status === 204 || status === 205 || status === 304;
    return new Response(empty ? null : text, { status, headers });
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
