import type { Work } from "../query/work.ts";
import type { RetentionStatements } from "./retention-statements.ts";

/** Takes the contents of lineages away, and gives how many versions these have. */
export function* redact(statements: RetentionStatements, lineageIds: readonly string[]): Work<number> {
  if (lineageIds.length === 0) return 0;
  const [count] = yield* statements.countVersions(lineageIds);
  if (count === undefined || count.versions === 0) return 0;
  yield* statements.redactChains(lineageIds);
  yield* statements.redactPayloads(lineageIds);
  yield* statements.redactEdges(lineageIds);
  return count.versions;
}
