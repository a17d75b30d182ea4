import { StorageError } from "@minference/ecs";

/** The chain and position that a page ended with. */
export interface Cursor {
  readonly chain: number;
  readonly seq: number;
}

/**
 * Reads where a listing goes on.
 *
 * @throws {StorageError} `invalid` for a cursor that is none
 */
export function readCursor(cursor: string | undefined): Cursor {
  if (cursor === undefined) return { chain: 0, seq: 0 };
  const parts = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor);
  if (parts === null) throw new StorageError("invalid", `"${cursor}" is not the next of a page`);
  return { chain: Number(parts[1]), seq: Number(parts[2]) };
}

/** Writes where a listing goes on. */
export function cursorText({ chain, seq }: Cursor): string {
  return `${chain}.${seq}`;
}
