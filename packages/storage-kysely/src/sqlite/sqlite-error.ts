import { StorageError, type StorageErrorCode } from "@minference/ecs";
import { refusedRow } from "../tables/refused-row.ts";

const advice: Readonly<Partial<Record<StorageErrorCode, string>>> = {
  busy: "another process held the database for too long; try again",
  corrupt: "it is damaged or not a SQLite database; restore it from a backup or choose another path",
  read_only: "it cannot be written to; check the permissions of the file and its directory, or open it with readonly",
  unreachable: "it cannot be opened; check that its directory exists and is accessible",
};

/** Tells whether a row could not be inserted because one of its kind is there. */
export function isStoredAlready(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^SQLITE_CONSTRAINT_(?:UNIQUE|PRIMARYKEY|ROWID)$/.test(String(error.code));
}

/** Turns what SQLite threw into a StorageError that names the file. */
export function sqliteError(error: unknown, path: string): StorageError {
  if (StorageError.is(error)) return error;
  const refused =
    error instanceof Error && "code" in error ? /^SQLITE_CONSTRAINT_(?:CHECK|NOTNULL|DATATYPE)$/.test(String(error.code)) : false;
  if (refused && error instanceof Error) {
    return new StorageError("invalid", `SQLite database ${path}: ${refusedRow(error.message)}`, { cause: error });
  }
  if (error instanceof Error && error.message === "malformed JSON") {
    const message = `SQLite database ${path}: a payload is nested more than 1 000 levels deep, which the typed table of its class takes no row of`;
    return new StorageError("invalid", message, { cause: error });
  }
  const code = storageCode(error);
  const reason = advice[code] ?? (error instanceof Error ? error.message : String(error));
  return new StorageError(code, `SQLite database ${path}: ${reason}`, { cause: error });
}

/** Primary result codes, from https://www.sqlite.org/rescode.html; extended ones begin with the same word. */
function storageCode(error: unknown): StorageErrorCode {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? "";
  switch (primary) {
    case "SQLITE_BUSY":
    case "SQLITE_LOCKED":
      return "busy";
    case "SQLITE_READONLY":
      return "read_only";
    case "SQLITE_CORRUPT":
    case "SQLITE_NOTADB":
      return "corrupt";
    case "SQLITE_CANTOPEN":
    case "SQLITE_PERM":
      return "unreachable";
    case "SQLITE_TOOBIG":
      return "invalid";
    default:
      return "failed";
  }
}
