import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { boundedText, longestAnswer, textOfBytes, tooLong } from "./bounded-text.ts";
import { contentDecoded } from "./content-decoding.ts";
import { type AnswerHeaders, headersOf, type Received } from "./http-exchange.ts";

/** Takes in one answer to its end, with no stream made for it. An abort ends the wait at once, also while there is no connection yet. */
export class WholeAnswer implements Dispatcher.DispatchHandler {
  /** Rejects with what broke the exchange off, or with what the signal was aborted with. */
  readonly received: Promise<Received>;
  readonly #resolve: (received: Received | Promise<Received>) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | null;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: AnswerHeaders = headersOf({});
  #length = 0;

  constructor(signal: AbortSignal | null) {
    const { promise, resolve, reject } = Promise.withResolvers<Received>();
    this.received = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
  }

  readonly #abort = (): void => this.#breakOff(this.#signal?.reason);

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal?.aborted === true) this.#abort();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headersOf(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#length += chunk.length;
    this.#chunks.push(chunk);
    if (this.#length > longestAnswer) this.#breakOff(tooLong());
  }

  onResponseEnd(): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#resolve(this.#read());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#reject(error);
  }

  #breakOff(reason: unknown): void {
    this.#reject(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error("The request was called off.", { cause: reason }));
  }

  #read(): Received | Promise<Received> {
    const bytes = Buffer.concat(this.#chunks, this.#length);
    const received = { status: this.#status, headers: this.#headers, body: null };
    const encoding = this.#headers.get("content-encoding");
    if (encoding === null) return { ...received, text: textOfBytes(bytes) };
    return boundedText(contentDecoded(Readable.from([bytes]), encoding)).then((text) => ({ ...received, text }));
  }
}
