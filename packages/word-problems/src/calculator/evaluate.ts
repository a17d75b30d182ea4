/** Why an expression could not be calculated; the message is fit to be shown to a model. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

const longestExpression = 1000;
const deepestNesting = 100;
const numberAt = /(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d*)?|\.\d+/y;
const blankAt = /\s*/y;

/**
 * Calculates an arithmetic expression: `+ - * /` (also `×` and `÷`), parentheses, decimals, thousands commas, and `%`
 * behind a value for hundredths. The result is rounded to 12 significant digits, so that `0.1+0.2` is `0.3`.
 * Throws {@link ExpressionError} for anything else, a division by zero included; nothing is ever run as code.
 */
export function evaluate(expression: string): number {
  if (expression.length > longestExpression) throw new ExpressionError(`The expression is longer than ${longestExpression} characters.`);
  const value = new ExpressionReader(expression).readAll();
  if (!Number.isFinite(value)) throw new ExpressionError("The result is too large to calculate.");
  return roundToDigits(value);
}

function roundToDigits(value: number): number {
  const rounded = Number(value.toPrecision(12));
  return rounded === 0 ? 0 : rounded;
}

/** A recursive-descent reader: sum → product → signed → percent → primary. */
class ExpressionReader {
  readonly #text: string;
  #position = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): number {
    const value = this.#sum();
    if (this.#position < this.#text.length) throw this.#unexpected();
    return value;
  }

  #sum(): number {
    let value = this.#product();
    for (;;) {
      if (this.#take("+")) value += this.#product();
      else if (this.#take("-", "−")) value -= this.#product();
      else return value;
    }
  }

  #product(): number {
    let value = this.#signed();
    for (;;) {
      if (this.#take("*", "×")) value *= this.#signed();
      else if (this.#take("/", "÷")) value /= this.#divisor();
      else return value;
    }
  }

  #divisor(): number {
    const value = this.#signed();
    if (value === 0) throw new ExpressionError("Division by zero.");
    return value;
  }

  #signed(): number {
    let sign = 1;
    for (;;) {
      if (this.#take("-", "−")) sign = -sign;
      else if (!this.#take("+")) return sign * this.#percent();
    }
  }

  #percent(): number {
    let value = this.#primary();
    while (this.#take("%")) value /= 100;
    return value;
  }

  #primary(): number {
    if (this.#take("(")) {
      this.#depth += 1;
      if (this.#depth > deepestNesting) throw new ExpressionError(`Parentheses are nested more than ${deepestNesting} deep.`);
      const value = this.#sum();
      if (!this.#take(")")) throw this.#unexpected();
      this.#depth -= 1;
      return value;
    }
    numberAt.lastIndex = this.#position;
    const digits = numberAt.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#unexpected();
    this.#position += digits.length;
    this.#skipBlanks();
    return Number(digits.replaceAll(",", ""));
  }

  #take(...symbols: readonly string[]): boolean {
    this.#skipBlanks();
    const next = this.#text[this.#position];
    if (next === undefined || !symbols.includes(next)) return false;
    this.#position += 1;
    this.#skipBlanks();
    return true;
  }

  #skipBlanks(): void {
    blankAt.lastIndex = this.#position;
    this.#position += blankAt.exec(this.#text)?.[0].length ?? 0;
  }

  #unexpected(): ExpressionError {
    const next = this.#text[this.#position];
    return next === undefined
      ? new ExpressionError("The expression ends too early.")
      : new ExpressionError(`Unexpected ${JSON.stringify(next)} at position ${this.#position + 1}.`);
  }
}
