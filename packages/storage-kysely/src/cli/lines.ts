/** Reads the lines of a stream of bytes, which end with a line feed alone: JSON may hold other characters that end lines elsewhere. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  for await (const bytes of stream) {
    const [first = "", ...others] = decoder.decode(bytes, { stream: true }).split("\n");
    begun.push(first);
    for (const next of others) {
      yield lineOf(begun);
      begun = [next];
    }
  }
  begun.push(decoder.decode());
  const last = lineOf(begun);
  if (last !== "") yield last;
}

/** Puts a line together, without what ends it besides where a file went through Windows. */
function lineOf(parts: readonly string[]): string {
  const line = parts.join("");
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
