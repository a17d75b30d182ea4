import type { LogFields, Logger, LogLevel } from "./logger.ts";

/** One thing that was logged. */
export interface LogRecord {
  readonly level: Exclude<LogLevel, "silent">;
  readonly fields: LogFields;
  readonly message: string;
}

/** Keeps the last records in memory, for tests and debugging; older ones fall out, so that it never grows. */
export class MemoryLog implements Logger {
  readonly #capacity: number;
  #records: LogRecord[] = [];
  #oldest = 0;

  constructor(capacity = 1_000) {
    this.#capacity = Math.max(1, Math.trunc(capacity));
  }

  /** What was kept, oldest first. */
  get records(): readonly LogRecord[] {
    return [...this.#records.slice(this.#oldest), ...this.#records.slice(0, this.#oldest)];
  }

  clear(): void {
    this.#records = [];
    this.#oldest = 0;
  }

  debug(fields: LogFields, message: string): void {
    this.#keep({ level: "debug", fields, message });
  }

  info(fields: LogFields, message: string): void {
    this.#keep({ level: "info", fields, message });
  }

  warn(fields: LogFields, message: string): void {
    this.#keep({ level: "warn", fields, message });
  }

  error(fields: LogFields, message: string): void {
    this.#keep({ level: "error", fields, message });
  }

  #keep(record: LogRecord): void {
    if (this.#records.length < this.#capacity) {
      this.#records.push(record);
      return;
    }
    this.#records[this.#oldest] = record;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }
}
