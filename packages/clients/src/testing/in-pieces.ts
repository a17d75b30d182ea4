/** Cuts a text into pieces of up to twelve characters, each whole; none for an empty text. */
export function inPieces(text: string): string[] {
  return text.match(/.{1,12}/gsu) ?? [];
}
