import { StorageError } from "@minference/ecs";

/** Folds the log into the file and empties it, see https://www.sqlite.org/pragma.html#pragma_wal_checkpoint. */
export const foldLog = "pragma wal_checkpoint(truncate)";

/** What it gives. */
export interface FoldedRow {
  /** 1 when somebody was in the way. */
  readonly busy: number;
}

/**
 * Refuses a log that was not emptied.
 *
 * @throws {StorageError} `busy`
 */
export function checkFolded(rows: readonly FoldedRow[]): void {
  if (rows.every(({ busy }) => busy === 0)) return;
  throw new StorageError(
    "busy",
    "What was taken away is still in the log, since another connection reads what was there before: close it and do this again",
  );
}
