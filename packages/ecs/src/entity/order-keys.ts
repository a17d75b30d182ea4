/**
 * Keys that sort by code unit in the order of a list, such that there is always room for another between any two. A key is
 * an integer (its first letter tells how many digits follow) and an optional fraction, in base 62; appending counts the
 * integer up, so keys stay short.
 */
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const first = "a0";

function digitAt(text: string, index: number): number {
  return digits.indexOf(text.charAt(index));
}

function integerLength(key: string): number {
  const head = key.charCodeAt(0);
  return head >= 97 ? head - 97 + 2 : 90 - head + 2;
}

function integerPart(key: string): string {
  return key.slice(0, integerLength(key));
}

function increment(integer: string): string {
  const places = Array.from(integer.slice(1));
  for (let place = places.length - 1; place >= 0; place--) {
    const next = digits.indexOf(places[place] ?? "") + 1;
    places[place] = digits.charAt(next % digits.length);
    if (next < digits.length) return integer.charAt(0) + places.join("");
  }
  const head = integer.charAt(0);
  if (head === "Z") return first;
  const larger = String.fromCharCode(head.charCodeAt(0) + 1);
  return larger > "a" ? larger + "0".repeat(places.length + 1) : larger + "0".repeat(places.length - 1);
}

function decrement(integer: string): string {
  const last = digits.charAt(digits.length - 1);
  const places = Array.from(integer.slice(1));
  for (let place = places.length - 1; place >= 0; place--) {
    const previous = digits.indexOf(places[place] ?? "") - 1;
    places[place] = digits.charAt((previous + digits.length) % digits.length);
    if (previous >= 0) return integer.charAt(0) + places.join("");
  }
  const head = integer.charAt(0);
  if (head === "a") return `Z${last}`;
  const smaller = String.fromCharCode(head.charCodeAt(0) - 1);
  return smaller < "Z" ? smaller + last.repeat(places.length + 1) : smaller + last.repeat(places.length - 1);
}

/** Finds the shortest fraction between two; `null` stands for one. */
function midpoint(low: string, high: string | null): string {
  let prefix = "";
  let below = low;
  let above = high;
  for (;;) {
    const lower = below === "" ? 0 : digitAt(below, 0);
    const upper = above === null ? digits.length : digitAt(above, 0);
    if (upper - lower > 1) return prefix + digits.charAt(Math.floor((lower + upper) / 2));
    if (upper - lower === 1 && above !== null && above.length > 1) return prefix + above.charAt(0);
    prefix += digits.charAt(lower);
    below = below.slice(1);
    above = upper === lower && above !== null ? above.slice(1) : null;
  }
}

function keyBetween(before: string | null, after: string | null): string {
  if (before === null) {
    if (after === null) return first;
    const integer = integerPart(after);
    return integer < after ? integer : decrement(integer);
  }
  const integer = integerPart(before);
  const fraction = before.slice(integer.length);
  if (after === null) return increment(integer);
  if (integer === integerPart(after)) return integer + midpoint(fraction, after.slice(integer.length));
  const next = increment(integer);
  return next < after ? next : integer + midpoint(fraction, null);
}

/** Makes `count` keys in order, all after `before` and before `after`; `null` stands for the end of the list. */
export function orderKeysBetween(before: string | null, after: string | null, count: number): string[] {
  if (count <= 0) return [];
  if (after === null) {
    const keys: string[] = [];
    let last = before;
    for (let index = 0; index < count; index++) {
      last = keyBetween(last, null);
      keys.push(last);
    }
    return keys;
  }
  if (count === 1) return [keyBetween(before, after)];
  const half = count >> 1;
  const middle = keyBetween(before, after);
  return [...orderKeysBetween(before, middle, half), middle, ...orderKeysBetween(middle, after, count - half - 1)];
}
