/** What is looked up in the headers of an answer, by lower-case names. */
export interface AnswerHeaders {
  get(name: string): string | null;
}

/** Headers as a plain object with lower-case names. */
export function headersOf(given: Readonly<Record<string, string | string[] | undefined>>): AnswerHeaders {
  return {
    get: (name) => {
      const value = given[name];
      return typeof value === "object" ? value.join(", ") : (value ?? null);
    },
  };
}

/** An HTTP answer, read to its end or, where `body` is given, to be read as a stream of events. */
export interface Received {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Empty where the body is still to be read. */
  readonly text: string;
  readonly body: ReadableStream<Uint8Array> | null;
}

/** A request as an SDK makes it: its body is text. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal | null;
}

/** Sends one request and reads its answer; with `streaming`, a stream of events is left to be read. Follows no redirect, so that no key is carried elsewhere. */
export type HttpExchange = (request: HttpRequest, streaming: boolean) => Promise<Received>;

/** Whether an answer is a stream of events that was asked for. */
export function isEventStream(status: number, headers: AnswerHeaders, streaming: boolean): boolean {
  return streaming && status >= 200 && status < 300 && headers.get("content-type")?.startsWith("text/event-stream") === true;
}
