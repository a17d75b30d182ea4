import type { Readable } from "node:stream";

/** The longest answer that is read, in bytes: hundreds of times what the longest output of a model takes. */
export const longestAnswer = 64 * 1024 * 1024;

const utf8 = new TextDecoder();

/** Reads bytes as UTF-8; what is none becomes replacement characters. */
export function textOfBytes(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** The error of an answer that is longer. */
export function tooLong(): RangeError {
  return new RangeError(`The answer is longer than ${longestAnswer} bytes.`);
}

/**
 * Reads a body to its end as UTF-8; what is none becomes replacement characters. Rejects when more came than any answer has, so that no
 * server can fill the memory.
 */
export function boundedText(body: Readable): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Uint8Array[] = [];
  let length = 0;
  body.on("data", (bytes: Uint8Array) => {
    length += bytes.length;
    chunks.push(bytes);
    if (length > longestAnswer) body.destroy(tooLong());
  });
  body.once("end", () => resolve(textOfBytes(Buffer.concat(chunks, length))));
  body.once("error", reject);
  body.once("close", () => reject(new TypeError("The connection was closed before the answer ended.")));
  return promise;
}
