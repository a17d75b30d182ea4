import type { Law } from "./law.ts";
import { branchLaws } from "./laws/branches.ts";
import { changeLaws } from "./laws/changes.ts";
import { conflictLaws } from "./laws/conflicts.ts";
import { edgeLaws } from "./laws/edges.ts";
import { entityLaws } from "./laws/entities.ts";
import { fieldQueryLaws } from "./laws/field-queries.ts";
import { groupCommitLaws } from "./laws/group-commits.ts";
import { historyLaws } from "./laws/histories.ts";
import { idempotencyLaws } from "./laws/idempotency.ts";
import { randomProgramLaws } from "./laws/random-programs.ts";
import { readingLaws } from "./laws/reading.ts";
import { refusalLaws } from "./laws/refusals.ts";
import { relationLaws } from "./laws/relations.ts";
import { retentionLaws } from "./laws/retention.ts";
import { roundTripLaws } from "./laws/round-trip.ts";

/** Every law of the storage contract. */
export const laws: readonly Law[] = [
  ...roundTripLaws,
  ...edgeLaws,
  ...branchLaws,
  ...conflictLaws,
  ...idempotencyLaws,
  ...refusalLaws,
  ...readingLaws,
  ...relationLaws,
  ...fieldQueryLaws,
  ...changeLaws,
  ...retentionLaws,
  ...historyLaws,
  ...entityLaws,
  ...groupCommitLaws,
  ...randomProgramLaws,
];
