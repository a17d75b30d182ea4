/** Where records of what happens go. pino's loggers have this form. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** What a record says beside its message: ids, counts and codes, never the content of an entity. */
export interface LogFields {
  /** What was being done, such as `register`. */
  readonly operation: string;
  /** What belongs together across calls; see `correlate`. */
  readonly correlationId?: string | undefined;
  readonly entityId?: string | undefined;
  readonly entityType?: string | undefined;
  /** The entities that an operation was asked for, where it may be several. */
  readonly entityIds?: readonly string[] | undefined;
  readonly [field: string]: unknown;
}

/** How much is logged, from the least. */
export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** Lets through what is at or above a level, which can be changed at any time. */
export class LeveledLogger implements Logger {
  level: LogLevel;
  readonly #target: Logger;

  constructor(target: Logger, level: LogLevel = "info") {
    this.#target = target;
    this.level = level;
  }

  debug(fields: LogFields, message: string): void {
    if (this.#passes("debug")) this.#target.debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    if (this.#passes("info")) this.#target.info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    if (this.#passes("warn")) this.#target.warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    if (this.#passes("error")) this.#target.error(fields, message);
  }

  #passes(level: LogLevel): boolean {
    return logLevels.indexOf(level) <= logLevels.indexOf(this.level);
  }
}
