import type { CommitStatements } from "../commit/commit-statements.ts";
import type { PreparedCommit } from "../commit/prepared-commit.ts";
import type { StoredState } from "../commit/stored-state.ts";
import type { CommitResult, WrittenBatch } from "../commit/write-batch.ts";
import type { SqlDialect } from "./dialect.ts";
import type { Work } from "./work.ts";

/** Commits to be written in one transaction. */
export interface BatchToWrite {
  readonly commits: readonly PreparedCommit[];
  /** What they are written with. */
  readonly statements: CommitStatements;
  /**
   * Writes them, all that are accepted or, when it throws, none.
   *
   * @param known - what is known of all they name, to be written without another look where the dialect can
   */
  write(attempt: WriteAttempt, known?: StoredState | null): Work<WrittenBatch>;
  /** Tells whether what was to come of them did, for when a connection breaks so late that they may have been stored. */
  isStored(results: readonly CommitResult[]): Work<boolean>;
}

/** What came of the attempts before this one. */
export interface WriteAttempt {
  /** Whether a row was found to be stored already. */
  readonly looksFirst: boolean;
  /** Whether a connection broke so late that a commit that is found stored may be this very one. */
  readonly mayBeStored: boolean;
}

/** Carries out database work: the one thing besides the dialect that the databases have apart. */
export interface SqlEngine {
  readonly dialect: SqlDialect;
  /** Carries out work that only reads. Rejects with a StorageError. */
  read<Result>(work: () => Work<Result>): Promise<Result>;
  /** Carries out work that only reads, all its statements from one state of the store. Rejects with a StorageError. */
  snapshot<Result>(work: () => Work<Result>): Promise<Result>;
  /**
   * Writes a batch in one transaction; anew when the database asks for a retry or another writer was faster. Gives what became of each
   * commit. Rejects with a StorageError, and then nothing was stored; with `unreachable` it may have been.
   */
  write(batch: BatchToWrite): Promise<readonly CommitResult[]>;
  /**
   * Carries out work in one transaction during which nobody else writes. The work may be carried out twice, so that twice must be as
   * good as once. Rejects with a StorageError.
   */
  maintain<Result>(work: () => Work<Result>): Promise<Result>;
  /** Takes what was deleted out of the database's files, as far as it lets itself be told. */
  purge(): Promise<void>;
  close(): Promise<void>;
}
