import type { CommitStatements } from "../commit/commit-statements.ts";
import type { PreparedCommit } from "../commit/prepared-commit.ts";
import type { CommitResult } from "../commit/write-batch.ts";
import type { Statement } from "../query/work.ts";

/** What the thread that writes is asked for: to write commits in one transaction. */
export interface WriterOrder {
  readonly commits: readonly PreparedCommit[];
  readonly looksFirst: boolean;
}

/** What the thread answers; after a failure the transaction is rolled back. */
export type WriterAnswer =
  | { readonly results: readonly CommitResult[] }
  | { readonly failure: { readonly message: string; readonly code: string | null } };

/** A statement as it crosses over. */
export type StatementText = Pick<Statement, "name" | "sql">;

/** What the thread opens. */
export interface WriterFile {
  readonly path: string;
  /** What its connection is set to first. */
  readonly pragmas: readonly string[];
}

/** What the thread is started with. */
export interface WriterSetup extends WriterFile {
  readonly lastIds: StatementText;
  readonly statements: Readonly<Record<keyof CommitStatements, StatementText>>;
}
