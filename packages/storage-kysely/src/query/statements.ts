import { type CommitStatements, commitStatements } from "../commit/commit-statements.ts";
import { type ReadStatements, readStatements } from "../read/read-statements.ts";
import { type ChangeStatements, changeStatements } from "../read/change-statements.ts";
import { type PruneStatements, pruneStatements } from "../retention/prune-statements.ts";
import { type RetentionStatements, retentionStatements } from "../retention/retention-statements.ts";
import { type RelationStatements, relationStatements } from "../read/relation-statements.ts";
import { type VerifyStatements, verifyStatements } from "../verify/verify-statements.ts";
import type { SqlDialect } from "./dialect.ts";

/** Every statement a store carries out, compiled once. */
export interface Statements {
  readonly commit: CommitStatements;
  readonly read: ReadStatements;
  readonly relations: RelationStatements;
  readonly changes: ChangeStatements;
  readonly retention: RetentionStatements;
  readonly prune: PruneStatements;
  readonly verify: VerifyStatements;
}

export function compileStatements(dialect: SqlDialect): Statements {
  return {
    commit: commitStatements(dialect),
    read: readStatements(dialect),
    relations: relationStatements(dialect),
    changes: changeStatements(dialect),
    retention: retentionStatements(dialect),
    prune: pruneStatements(dialect),
    verify: verifyStatements(dialect),
  };
}
