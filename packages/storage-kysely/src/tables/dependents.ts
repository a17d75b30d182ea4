import { StorageError } from "@minference/ecs";
import type { Work } from "../query/work.ts";
import { statement, type StoredTable } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";
import { viewsOf } from "./view-sql.ts";

/**
 * Looks for what people have built upon tables that are to be taken away.
 *
 * @throws {StorageError} `invalid` with its names
 */
export function* refuseDependents(dialect: TableDialect, tables: readonly StoredTable[]): Work<void> {
  const whole = tables.filter(({ filling }) => filling === null);
  const relations = whole.flatMap(({ name, mapping }) => [name, ...viewsOf(mapping)]);
  if (relations.length === 0) return;
  const found = yield* statement<{ name: string }>(dialect.dependents(relations));
  if (found.length === 0) return;
  const names = found.map(({ name }) => name).join(", ");
  throw new StorageError(
    "invalid",
    `The typed tables ${whole.map(({ name }) => name).join(", ")} can't be made anew or dropped while ${names} use them: drop these, and make them again after it`,
  );
}
