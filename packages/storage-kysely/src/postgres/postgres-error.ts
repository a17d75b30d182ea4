import { StorageError, type StorageErrorCode } from "@minference/ecs";
import { refusedRow } from "../tables/refused-row.ts";

/**
 * Whether a transaction is to be tried again: over a serialization failure, a deadlock, or a row that another writer stored since it was
 * looked for.
 */
export function asksForRetry(error: unknown): boolean {
  const code = errorCode(error);
  return code === "40001" || code === "40P01" || (code === "23505" && error instanceof Error && "table" in error && isRaced(error.table));
}

function isRaced(table: unknown): boolean {
  return table === "commit" || table === "chain" || table === "version";
}

/** What pg says of a connection without a code. */
const connectionFailure = /^Connection terminated|^Client (?:has encountered|was closed)|timeout exceeded when trying to connect$/;

/** Whether the connection, rather than a statement, failed. */
function isConnectionFailure(error: unknown): boolean {
  return storageCode(errorCode(error)) === "unreachable" || (error instanceof Error && connectionFailure.test(error.message));
}

/** Turns what the driver threw into a StorageError that names the server, never the password. */
export function postgresError(error: unknown, server: string): StorageError {
  if (StorageError.is(error)) return error;
  const sqlState = errorCode(error);
  const code = isConnectionFailure(error) ? "unreachable" : storageCode(sqlState);
  const retryable = code === "busy" || (code === "unreachable" && !isRefusal(sqlState));
  return new StorageError(code, `Postgres at ${server}: ${reason(code, sqlState, error)}`, { cause: error, retryable });
}

function reason(code: StorageErrorCode, sqlState: string, error: unknown): string {
  const message = error instanceof Error && error.message !== "" ? error.message : sqlState;
  if (isRefusedRow(sqlState)) return refusedRow(message);
  if (code === "unreachable" && isRefusal(sqlState)) return `the connection was refused (${message}); check user, password and database`;
  if (isPoolers(sqlState)) return `a pooler gives one session to several clients (${message}); have it pool sessions`;
  if (code === "unreachable") return `it cannot be reached (${message}); check that it runs, and its address`;
  if (code === "busy") return `the statement took too long or had to wait too long (${message}); try again`;
  if (code === "read_only") return `it accepts no writes (${message}); connect to the primary, with a user that may write`;
  return message;
}

/** Checks and columns that may not be null are those of typed tables. */
function isRefusedRow(sqlState: string): boolean {
  return sqlState === "23514" || sqlState === "23502";
}

/** Whether another client's prepared statements stand where ours were to, or ours went to another session. */
function isPoolers(sqlState: string): boolean {
  return sqlState === "42P05" || sqlState === "26000";
}

function isRefusal(sqlState: string): boolean {
  return sqlState.startsWith("28") || sqlState.startsWith("3D");
}

/** SQLSTATE codes and classes, from https://www.postgresql.org/docs/current/errcodes-appendix.html, and the network's own. */
function storageCode(code: string): StorageErrorCode {
  switch (code) {
    case "25006":
    case "42501":
      return "read_only";
    case "40001":
    case "40P01":
    case "55P03":
    case "57014":
      return "busy";
    case "54000":
    case "54001":
      return "invalid";
    case "XX001":
    case "XX002":
      return "corrupt";
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ENOENT":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EPIPE":
    case "ETIMEDOUT":
    case "53300":
      return "unreachable";
    default:
      if (/^(?:08|28|3D|57P0)/.test(code)) return "unreachable";
      return code.startsWith("22") || isRefusedRow(code) ? "invalid" : "failed";
  }
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
