/** What is used of `pino-roll`, which comes without types. */
declare module "pino-roll" {
  interface RollingFile extends NodeJS.EventEmitter {
    write(record: string): boolean;
    /** Writes what is left and closes; emits `close`. */
    end(): void;
  }

  interface RollOptions {
    readonly file: string;
    /** A number and a unit: `b`, `k`, `m` or `g`. */
    readonly size: string;
    /** `count` is that of the files beside the current one. */
    readonly limit: { readonly count: number; readonly removeOtherLogFiles: boolean };
    readonly sync: boolean;
  }

  /** With `sync` it rejects when the file can't be opened, and writes at once; later failures are emitted as `error`. */
  export default function roll(options: RollOptions): Promise<RollingFile>;
}
