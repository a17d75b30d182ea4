import { EntityError } from "../errors/entity-error.ts";

/** How a diagram is drawn. */
export interface DiagramOptions {
  /** `down`, the default, or `right`: where what comes later, or is referred to, is drawn. */
  readonly direction?: "down" | "right";
  /** Most characters (code points) a label; longer ones are cut and end in `…`. 40 by default. */
  readonly labelLength?: number;
}

const defaultLength = 40;

/** Characters that HTML has no code for: a browser would show others in their place. */
function isUnwritable(code: number): boolean {
  return (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160);
}

const wordJoiner = "\u2060";

/** Line ends as HTML has them; and apart what mermaid writes into its drawings for the beginning and end of an entity code. */
function writable(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n").replaceAll("ﬂ°", `ﬂ${wordJoiner}°`).replaceAll("¶ß", `¶${wordJoiner}ß`);
}

/**
 * Writes any text as a quoted label. All but letters and digits of ASCII, and single spaces between them, become numeric entity
 * codes (https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters), so that nothing in it can end the
 * label, start another statement, or be read as Markdown, HTML or an icon. Control characters and halves of surrogate pairs become U+FFFD, and an
 * empty text a space.
 */
export function mermaidLabel(text: string, { labelLength = defaultLength }: DiagramOptions): string {
  if (!Number.isInteger(labelLength) || labelLength < 1) {
    throw new EntityError("invalid_value", `labelLength has to be a whole number from 1 on, not ${labelLength}`);
  }
  // One code point is two code units at most, so that of a huge text only the beginning is looked at.
  const characters = Array.from(text.slice(0, 2 * labelLength + 2).toWellFormed());
  const cut = characters.length > labelLength ? [...characters.slice(0, labelLength - 1), "…"] : characters;
  const shown = Array.from(writable(cut.join("")) || " ");
  return `"${shown.map((character, index) => (isPlain(shown, index) ? character : entityCode(character))).join("")}"`;
}

function isPlain(characters: readonly string[], index: number): boolean {
  const character = characters[index] ?? "";
  if (character !== " ") return /^[A-Za-z0-9]$/.test(character);
  return [characters[index - 1], characters[index + 1]].every((beside) => beside !== undefined && beside !== " ");
}

function entityCode(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `#${isUnwritable(code) ? 0xfffd : code};`;
}

/** The first lines of a diagram. */
export function flowchartHead({ direction }: DiagramOptions): string {
  return `flowchart ${direction === "right" ? "LR" : "TB"}`;
}

/** The end of an id, which tells versions apart that were made within the same minute. */
export function shortId(ecsId: string): string {
  return ecsId.slice(-8);
}
