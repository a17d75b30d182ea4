import { StorageError } from "../errors/storage-error.ts";
import type { Payload } from "./json.ts";

/**
 * Writes the payload of a version as JSON, the same in all stores.
 *
 * @throws {StorageError} `invalid` for one that is nested more deeply than can be written, some thousand levels
 */
export function payloadText(payload: Payload, ecsId: string): string {
  try {
    return JSON.stringify(payload);
  } catch (cause) {
    throw new StorageError("invalid", `The payload of version ${ecsId} can't be written as JSON: it is nested too deeply`, { cause });
  }
}
