/**
 * Keys that sort by code unit in the order of a list, such that there is always room for another between any two. A key is a
 * sequence of whole numbers, compared one after the other; where there is no number left between two keys, the next one goes a level
 * deeper. Each level goes on without end in both directions, so that keys stay short wherever elements are added one after the
 * other: at the end, at the start, or at any one place in between. A number is written in base 62, after a letter that tells how
 * many digits follow: `a` one, `b` two, and downwards from `Z` for numbers below zero.
 */
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base = digits.length;

/** The distance between neighbours below the first level, which leaves room for others between them. */
const stride = 16;

/** Longer numbers would not be exact; no list is as long as that. */
const mostDigits = 8;

/** Reads the numbers of a key; `null` for a key of another form, which an older release may have made. */
function numbersOf(key: string): number[] | null {
  const numbers: number[] = [];
  for (let at = 0; at < key.length; ) {
    const head = key.charCodeAt(at);
    const isNegative = head >= 65 && head <= 90;
    const count = isNegative ? 91 - head : head - 96;
    if (count < 1 || count > mostDigits || at + count >= key.length) return null;
    let value = 0;
    for (const digit of key.slice(at + 1, at + 1 + count)) {
      const worth = digits.indexOf(digit);
      if (worth < 0) return null;
      value = value * base + worth;
    }
    numbers.push(isNegative ? value - smallest(count + 1) : value + smallest(count));
    at += 1 + count;
  }
  return numbers;
}

/** The smallest number that is written with so many digits. */
function smallest(count: number): number {
  let number = 0;
  for (let fewer = 1; fewer < count; fewer++) number += base ** fewer;
  return number;
}

const short = Array.from({ length: base }, (_, number) => `a${digits.charAt(number)}`);

function write(number: number): string {
  const known = short[number];
  if (known !== undefined) return known;
  let count = 1;
  const size = number < 0 ? -number - 1 : number;
  while (size >= smallest(count + 1)) count += 1;
  let rest = number < 0 ? number + smallest(count + 1) : number - smallest(count);
  let text = "";
  for (let place = 0; place < count; place++) {
    text = digits.charAt(rest % base) + text;
    rest = Math.floor(rest / base);
  }
  return String.fromCharCode(number < 0 ? 91 - count : 96 + count) + text;
}

function keyOf(numbers: readonly number[]): string {
  return numbers.map(write).join("");
}

/** Finds numbers between two sequences of numbers. */
function between(low: readonly number[], high: readonly number[]): number[] {
  let level = 0;
  while (level < low.length && low[level] === high[level]) level++;
  const shared = low.slice(0, level);
  const above = high[level] ?? 0;
  const below = low[level];
  if (below === undefined) return [...shared, high.length > level + 1 ? above : above - stride];
  if (above - below > 1) return [...shared, Math.floor((below + above) / 2)];
  const deeper = low[level + 1];
  return deeper === undefined ? [...low, 0] : [...shared, below, deeper + stride];
}

/** Finds the shortest text between two, digit by digit, for keys of another form. */
function textBetween(low: string, high: string): string {
  let prefix = "";
  for (let at = 0, isBelow = false; ; at++) {
    const lower = at < low.length ? digits.indexOf(low.charAt(at)) : 0;
    const upper = isBelow ? base : digits.indexOf(high.charAt(at));
    if (upper - lower > 1) return prefix + digits.charAt(Math.floor((lower + upper) / 2));
    prefix += digits.charAt(lower);
    if (upper - lower === 1) isBelow = true;
  }
}

function keyBetween(before: string | null, after: string): string {
  const low = before === null ? [] : numbersOf(before);
  const high = numbersOf(after);
  if (low === null || high === null) return textBetween(before ?? "", after);
  return keyOf(before === null ? [(high[0] ?? 0) - (high.length > 1 ? 0 : 1)] : between(low, high));
}

/** Makes keys after the last one of a list. */
function keysAfter(before: string | null, count: number): string[] {
  const numbers = before === null ? [-1] : numbersOf(before);
  const prefix = numbers === null ? (before ?? "") : "";
  const start = (numbers?.[0] ?? -1) + 1;
  return Array.from({ length: count }, (_, index) => prefix + write(start + index));
}

/** Makes `count` keys in order, all after `before` and before `after`; `null` stands for the end of the list. */
export function orderKeysBetween(before: string | null, after: string | null, count: number): string[] {
  if (after === null) return count === 0 ? [] : keysAfter(before, count);
  const keys: string[] = [];
  for (let last = before; keys.length < count; ) {
    last = keyBetween(last, after);
    keys.push(last);
  }
  return keys;
}
