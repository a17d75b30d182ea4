/** Longer texts are not remembered, in UTF-16 units: they come once, and would push out many short ones. */
const longest = 4000;
/** How much is remembered before the half that was not asked for lately is let go, in UTF-16 units. */
const mostUnits = 1_000_000;
const unitsPerEntry = 50;

/**
 * Remembers what texts count: a conversation's instructions, tools and earlier messages come again with each of its requests. Bounded; what
 * was asked for lately stays.
 */
export class RememberedCounts {
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #units = 0;

  /** The count of a text, worked out where it is not known. */
  of(text: string, count: (text: string) => number): number {
    if (text.length > longest) return count(text);
    const recent = this.#recent.get(text);
    if (recent !== undefined) return recent;
    const found = this.#older.get(text) ?? count(text);
    this.#recent.set(text, found);
    this.#units += unitsPerEntry + text.length;
    if (this.#units > mostUnits) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#units = 0;
    }
    return found;
  }
}
