import { randomBytes } from "node:crypto";

const randomBytesAnId = 8;
const poolSize = 512 * randomBytesAnId;
const lastCount = 0xfff;
const hexDigits = Buffer.from("0123456789abcdef", "latin1");
/** Where the digits of the sixteen bytes stand in the text. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;

/**
 * Makes a source of UUIDs of version 7 (RFC 9562): they begin with the time in milliseconds, and those of one millisecond
 * count upwards, so the ids of one source sort in the order they were made.
 */
export function uuidV7Source(now: () => number = Date.now, random: (size: number) => Uint8Array = randomBytes): () => string {
  const text = Buffer.from("00000000-0000-7000-8000-000000000000", "latin1");
  let lastTime = -1;
  let count = 0;
  let pool: Uint8Array = new Uint8Array(0);
  let offset = 0;
  const write = (index: number, byte: number): void => {
    const place = places[index] ?? 0;
    text[place] = hexDigits[byte >> 4] ?? 0;
    text[place + 1] = hexDigits[byte & 0x0f] ?? 0;
  };
  const writeTime = (): void => {
    for (let index = 5, rest = lastTime; index >= 0; index--, rest = Math.floor(rest / 256)) write(index, rest % 256);
  };
  return () => {
    if (offset + randomBytesAnId > pool.length) {
      pool = random(poolSize);
      offset = 0;
    }
    const time = now();
    if (time > lastTime) {
      lastTime = time;
      // Begins low enough to leave half of the counts of a millisecond.
      count = ((pool[offset] ?? 0) << 3) | ((pool[offset + 1] ?? 0) & 0x07);
      writeTime();
    } else if (count < lastCount) {
      count += 1;
    } else {
      lastTime += 1;
      count = 0;
      writeTime();
    }
    write(6, 0x70 | (count >> 8));
    write(7, count & 0xff);
    write(8, 0x80 | ((pool[offset] ?? 0) & 0x3f));
    for (let index = 9; index < 16; index++) write(index, pool[offset + index - 8] ?? 0);
    offset += randomBytesAnId;
    return text.toString("latin1");
  };
}
