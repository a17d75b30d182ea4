import type { JsonValue } from "@minference/clients";

/** A call as it is written in Python, its arguments literals. */
export interface PythonCall {
  readonly name: string;
  readonly positional: readonly JsonValue[];
  readonly named: Readonly<Record<string, JsonValue>>;
}

/** Why a text is no such call. */
export class PythonSyntaxError extends Error {
  override readonly name = "PythonSyntaxError";
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"', "\n": "" };

/**
 * Reads one call such as `mv(source='a', destination="b")`: names, texts, numbers, booleans, None, lists, tuples and dicts. Nothing is run.
 * Throws {@link PythonSyntaxError}.
 */
export function parsePythonCall(text: string): PythonCall {
  return new PythonReader(text).call();
}

class PythonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  call(): PythonCall {
    const name = this.#match(/[A-Za-z_][\w.]*/y) ?? this.#fail("a name");
    const positional: JsonValue[] = [];
    const named: Record<string, JsonValue> = {};
    this.#expect("(");
    while (!this.#take(")")) {
      const keyword = this.#match(/([A-Za-z_]\w*)\s*=(?!=)/y);
      if (keyword === null) positional.push(this.#value());
      else named[keyword.slice(0, -1).trim()] = this.#value();
      if (!this.#take(",") && !this.#sees(")")) this.#fail('"," or ")"');
    }
    this.#blanks();
    if (this.#at < this.#text.length) this.#fail("the end");
    return { name, positional, named };
  }

  #value(): JsonValue {
    if (this.#take("[")) return this.#items("]");
    if (this.#take("(")) return this.#items(")");
    if (this.#take("{")) return this.#entries();
    const quote = this.#take("'") ? "'" : this.#take('"') ? '"' : null;
    if (quote !== null) return this.#string(quote);
    const number = this.#match(/[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y);
    if (number !== null) return Number(number);
    const word = this.#match(/[A-Za-z]+/y);
    if (word === "True" || word === "False") return word === "True";
    return word === "None" ? null : this.#fail("a value");
  }

  #items(end: string): JsonValue[] {
    const items: JsonValue[] = [];
    while (!this.#take(end)) {
      items.push(this.#value());
      if (!this.#take(",") && !this.#sees(end)) this.#fail(`"," or "${end}"`);
    }
    return items;
  }

  #entries(): Record<string, JsonValue> {
    const entries: [string, JsonValue][] = [];
    while (!this.#take("}")) {
      const key = this.#value();
      if (typeof key !== "string") this.#fail("a text as key");
      this.#expect(":");
      entries.push([key, this.#value()]);
      if (!this.#take(",") && !this.#sees("}")) this.#fail('"," or "}"');
    }
    return Object.fromEntries(entries);
  }

  #string(quote: string): string {
    let value = "";
    for (;;) {
      const unit = this.#text[this.#at];
      if (unit === undefined) this.#fail(quote);
      this.#at += 1;
      if (unit === quote) return value;
      if (unit !== "\\") {
        value += unit;
        continue;
      }
      const escaped = this.#text[this.#at] ?? "";
      this.#at += 1;
      // Python keeps the backslash where it means nothing.
      value += escapes[escaped] ?? `\\${escaped}`;
    }
  }

  #blanks(): void {
    this.#match(/\s*/y, false);
  }

  #sees(symbol: string): boolean {
    this.#blanks();
    return this.#text.startsWith(symbol, this.#at);
  }

  #take(symbol: string): boolean {
    if (!this.#sees(symbol)) return false;
    this.#at += symbol.length;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#fail(JSON.stringify(symbol));
  }

  #match(pattern: RegExp, overBlanks = true): string | null {
    if (overBlanks) this.#blanks();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(wanted: string): never {
    throw new PythonSyntaxError(`${JSON.stringify(this.#text)} has no ${wanted} at position ${this.#at + 1}`);
  }
}
