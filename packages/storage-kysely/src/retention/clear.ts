import type { Work } from "../query/work.ts";
import type { RetentionStatements } from "./retention-statements.ts";

/** Takes every row of the store away; what refers to others goes before these. */
export function* clear({ clearTables }: RetentionStatements): Work<void> {
  for (const clearTable of clearTables) yield* clearTable(undefined);
}
