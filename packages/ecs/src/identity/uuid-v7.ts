import { randomBytes } from "node:crypto";

const poolSize = 1_000;
const randomBytesAnId = 10;

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}

/**
 * Makes a source of UUIDs of version 7 (RFC 9562): they begin with the time in milliseconds, and those of one millisecond
 * count upwards, so the ids of one source sort in the order they were made.
 */
export function uuidV7Source(now: () => number = Date.now, random: (size: number) => Uint8Array = randomBytes): () => string {
  let lastTime = -1;
  let counter = 0;
  let pool: Uint8Array = new Uint8Array(0);
  let offset = 0;
  return () => {
    if (offset + randomBytesAnId > pool.length) {
      pool = random(poolSize);
      offset = 0;
    }
    const byte = (index: number): number => pool[offset + index] ?? 0;
    const time = now();
    if (time > lastTime) {
      lastTime = time;
      counter = ((byte(8) & 0x07) << 8) | byte(9);
    } else if (counter < 0xfff) {
      counter += 1;
    } else {
      lastTime += 1;
      counter = 0;
    }
    const stamp = hex(lastTime, 12);
    let tail = hex(0x80 | (byte(0) & 0x3f), 2) + hex(byte(1), 2);
    tail += "-";
    for (let index = 2; index < 8; index++) tail += hex(byte(index), 2);
    offset += randomBytesAnId;
    return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7${hex(counter, 3)}-${tail}`;
  };
}
