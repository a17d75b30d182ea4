import type { Page, ReferrerQuery, VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Work } from "../query/work.ts";
import { type Cursor, cursorText } from "./cursor.ts";
import { readHeader } from "./load-versions.ts";
import type { RelationStatements, SpanRow } from "./relation-statements.ts";

/** Lists versions that hold any of some others, which are given by their row ids. */
export function* listReferrers(
  dialect: SqlDialect,
  statements: RelationStatements,
  held: readonly number[],
  query: ReferrerQuery,
  { chain, seq }: Cursor,
): Work<Page<VersionHeader>> {
  if (held.length === 0) return { items: [], next: null };
  const limit = query.limit + 1;
  const versionsOf = query.versions === "heads" ? statements.headsOfSpans : statements.versionsOfSpans;
  const rest = after(mergeSpans(yield* statements.holdingSpans({ vids: held, chain })), chain, query.versions === "heads" ? null : seq);
  const vids: number[] = [];
  for (let at = 0; at < rest.length && vids.length < limit; at += limit) {
    const spans = rest.slice(at, at + limit).map(({ chain, first, last }) => [chain, first, last]);
    vids.push(...(yield* versionsOf({ spans, limit: limit - vids.length })).map(({ vid }) => vid));
  }
  const rows = vids.length === 0 ? [] : yield* statements.headersByVid(vids);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map((row) => readHeader(dialect, row)),
    next: last === undefined || page.length === rows.length ? null : cursorText(last),
  };
}

/** Orders spans and joins those that overlap. */
function mergeSpans(spans: readonly SpanRow[]): SpanRow[] {
  const merged: SpanRow[] = [];
  for (const span of spans.toSorted((a, b) => a.chain - b.chain || a.first - b.first)) {
    const before = merged.at(-1);
    if (before === undefined || before.chain !== span.chain || (before.last !== null && span.first > before.last + 1)) merged.push(span);
    else
      merged[merged.length - 1] = { ...before, last: before.last === null || span.last === null ? null : Math.max(before.last, span.last) };
  }
  return merged;
}

/** Leaves out what comes before a position; all of its chain where there is none. */
function after(spans: readonly SpanRow[], chain: number, seq: number | null): SpanRow[] {
  return spans.flatMap((span) => {
    if (span.chain !== chain) return [span];
    if (seq === null || (span.last !== null && span.last <= seq)) return [];
    return [{ ...span, first: Math.max(span.first, seq + 1) }];
  });
}
