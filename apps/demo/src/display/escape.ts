/**
 * Makes text of unknown origin safe for a terminal: control characters and those that change the direction or the
 * visibility of text become visible escapes such as `\x1b` or `\u202e`. Line breaks and tabs stay when `multiline`.
 */
export function escapeForTerminal(text: string, options: { readonly multiline?: boolean } = {}): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    if (options.multiline === true && (character === "\n" || character === "\t")) return character;
    if (character === "\u200d") return character;
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}
