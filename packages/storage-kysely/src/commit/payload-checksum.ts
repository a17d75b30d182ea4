import { crc32 } from "node:zlib";

/** Computes the CRC-32 of a payload's text as a signed 32-bit number. */
export function payloadChecksum(payload: string): number {
  return crc32(payload) | 0;
}
