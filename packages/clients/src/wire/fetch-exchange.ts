import { longestAnswer, textOfBytes, tooLong } from "./bounded-text.ts";
import { type HttpExchange, isEventStream } from "./http-exchange.ts";

/** The part of `fetch` that is used. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Exchanges over a `fetch` of the application's. */
export function fetchExchange(fetch: Fetch): HttpExchange {
  return async ({ url, ...init }, streaming) => {
    const response = await fetch(url, { ...init, redirect: "manual" });
    const { status, headers } = response;
    const body = isEventStream(status, headers, streaming) ? response.body : null;
    return { status, headers, text: body === null ? await boundedTextOf(response) : "", body };
  };
}

/** Reads a body to its end, unless it is longer than any answer. */
async function boundedTextOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of body ?? []) {
    length += bytes.length;
    if (length > longestAnswer) throw tooLong();
    chunks.push(bytes);
  }
  return textOfBytes(Buffer.concat(chunks, length));
}
