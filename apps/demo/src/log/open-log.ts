import { once } from "node:events";
import { stat } from "node:fs/promises";
import { CommandError, systemReason } from "@minference/command-line";
import type { Logger } from "@minference/ecs";
import { pino, stdTimeFunctions } from "pino";
import roll from "pino-roll";

/** How large the files of a log may become, and how many are kept. */
export interface LogBounds {
  /** A number and a unit: `b`, `k` or `m`. A file ends after the write that reaches it. */
  readonly size: string;
  readonly files: number;
}

/** A log that is being written. */
export interface Log {
  readonly logger: Logger;
  /** Writes what is left and closes the file. */
  close(): Promise<void>;
}

/** What a log is held to unless told otherwise. */
export const logBounds: LogBounds = { size: "10m", files: 5 };

/** Whether a path names a directory, there or not: the numbers of a log's files would come behind its name. */
async function isDirectory(path: string): Promise<boolean> {
  if (/[\\/]$/.test(path)) return true;
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Opens a log of JSON lines, `demo.log` as `demo.1.log`, `demo.2.log` and so on, and goes on where an earlier run stopped. Each record
 * carries `run` and is on the disk when the call returns. When the disk fails later, `onError` is told why, once, and nothing more is written. Rejects with a `CommandError` when
 * the file can't be written.
 */
export async function openLog(file: string, run: string, onError: (reason: string) => void, bounds = logBounds): Promise<Log> {
  if (await isDirectory(file)) throw new CommandError(`Can't write the log ${file}: it is a directory`);
  const limit = { count: Math.max(1, bounds.files - 1), removeOtherLogFiles: true };
  const stream = await roll({ file, size: bounds.size, limit, sync: true }).catch((cause: unknown) => {
    throw new CommandError(`Can't write the log ${file}: ${systemReason(cause)}`, { cause });
  });
  let broken = false;
  stream.on("error", (error) => {
    if (!broken) onError(systemReason(error));
    broken = true;
  });
  const logger = pino(
    { level: "debug", base: { run }, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write: (record) => void (broken || stream.write(record)) },
  );
  return {
    logger,
    close: async () => {
      const closed = once(stream, "close");
      stream.end();
      await closed;
    },
  };
}
