import type { SqlDialect } from "./dialect.ts";
import type { Work } from "./work.ts";

/** Carries out database work: the one thing besides the dialect that the databases have apart. */
export interface SqlEngine {
  readonly dialect: SqlDialect;
  /** Carries out work that only reads. Rejects with a StorageError. */
  read<Result>(work: () => Work<Result>): Promise<Result>;
  /** Carries out work that only reads, all its statements from one state of the store. Rejects with a StorageError. */
  snapshot<Result>(work: () => Work<Result>): Promise<Result>;
  /**
   * Carries out work in one transaction: all of it or, when it throws, nothing. The work is started anew when the database asks for
   * a retry or another writer was faster. Rejects with a StorageError.
   *
   * @param work - is told whether a row was found to be stored already the time before
   * @param isStored - tells whether the work was stored, for when a connection breaks so late that it may have been
   * @param commits - how many commits the work is of
   */
  write<Result>(work: (looksFirst: boolean) => Work<Result>, isStored: () => Work<boolean>, commits: number): Promise<Result>;
  /**
   * Carries out work in one transaction during which nobody else writes. The work may be carried out twice, so that twice must be as
   * good as once. Rejects with a StorageError.
   */
  maintain<Result>(work: () => Work<Result>): Promise<Result>;
  /** Takes what was deleted out of the database's files, as far as it lets itself be told. */
  purge(): Promise<void>;
  close(): Promise<void>;
}
