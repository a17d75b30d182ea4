import { type EntityRegistry, type FieldFilter, pagesOf } from "@minference/ecs";
import { runsKnownAs } from "../ledger/runs-known-as.ts";
import { type TokenTotals, TokenTally } from "./token-totals.ts";
import { Usage } from "./usage.ts";

/** Which answers to count: those to which all that is given applies; all of them when nothing is. */
export interface UsageFilter {
  /** The run they were paid in, by its id; or all runs of a name. */
  readonly run?: string | undefined;
  /** The `lineageId` of the thread they were paid for; its branches are included. */
  readonly thread?: string | undefined;
  /** The model that answered, as the provider names it. */
  readonly model?: string | undefined;
}

/** What answers cost, together and by model. */
export interface UsageReport extends TokenTotals {
  /** How many answers there were, those that could not be used included. */
  readonly answers: number;
  /** How many of them have no known cost; `costUsd` leaves these out. */
  readonly withoutCost: number;
  readonly byModel: Readonly<Record<string, TokenTotals & { readonly answers: number }>>;
}

const pageSize = 500;

function equal(field: string, value: string | undefined): FieldFilter[] {
  return value === undefined ? [] : [{ field, operator: "=", value }];
}

/** Reads what was paid for from the store, a page at a time. An answer counts once, on however many branches of its thread it stands. */
export async function* usagesOf(registry: EntityRegistry, filter: UsageFilter = {}): AsyncGenerator<Usage, void> {
  const { model, run, thread } = filter;
  const where = [...equal("chatThreadId", thread), ...equal("model", model)];
  if (run === undefined) return yield* usagesWhere(registry, where);
  // Where no ledger is kept a run has no id, and its name stands with what it paid for.
  const ids = new Set([run]);
  for await (const { lineageId } of runsKnownAs(registry, run)) ids.add(lineageId);
  for (const id of ids) yield* usagesWhere(registry, [...equal("runId", id), ...where]);
}

async function* usagesWhere(registry: EntityRegistry, where: readonly FieldFilter[]): AsyncGenerator<Usage, void> {
  const types = [Usage.definition.name];
  const pages = pagesOf((after) => registry.storage.list({ types, versions: "heads", where, limit: pageSize, ...after }));
  for await (const headers of pages) {
    const kept = headers.filter(({ redacted }) => !redacted);
    yield* await registry.getMany(
      Usage,
      kept.map(({ ecsId }) => ecsId),
    );
  }
}

/** Sums up what was paid for, from the store: by run, by thread, by model. Holds a page of it at a time. */
export async function usageOf(registry: EntityRegistry, filter: UsageFilter = {}): Promise<UsageReport> {
  const all = new TokenTally();
  const byModel = new Map<string, TokenTally>();
  for await (const usage of usagesOf(registry, filter)) {
    const ofModel = byModel.get(usage.model) ?? new TokenTally();
    byModel.set(usage.model, ofModel);
    all.add(usage);
    ofModel.add(usage);
  }
  const { answers, withoutCost } = all;
  return {
    ...all.totals,
    answers,
    withoutCost,
    byModel: Object.fromEntries(Array.from(byModel, ([model, tally]) => [model, { ...tally.totals, answers: tally.answers }])),
  };
}
