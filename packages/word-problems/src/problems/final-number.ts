const numberPattern = "-?\\$?(?:\\d{1,3}(?:,\\d{3})+(?!\\d)|\\d+)?(?:\\.\\d+)?";
const marked = new RegExp(`####\\s*(${numberPattern})`, "g");
const anyNumber = new RegExp(numberPattern, "g");

/** Finds the answer in a model's text: the number behind the last `####`, else the last number; null when there is none. */
export function finalNumber(text: string): number | null {
  return lastNumber(text.matchAll(marked), 1) ?? lastNumber(text.matchAll(anyNumber), 0);
}

function lastNumber(matches: Iterable<RegExpExecArray>, group: number): number | null {
  let last: number | null = null;
  for (const match of matches) {
    const digits = (match[group] ?? "").replace(/[$,]/g, "");
    if (/\d/.test(digits)) last = Number(digits);
  }
  return last;
}
