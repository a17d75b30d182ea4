import { createHash } from "node:crypto";
import { readRows, type Reply, type Request, type Work } from "../query/work.ts";

/** The text of several statements as one, under a name of its own. */
interface CombinedText {
  readonly name: string;
  readonly sql: string;
}

/**
 * Makes one statement of those of a step: of queries one that gives the rows of each as JSON, of the last statements of a transaction one that
 * carries all of them out. A statement costs driver and server more than what a small commit has it do; those of a large one stay apart, so
 * that the server carries out the first while the others are written.
 */
export class FewerStatements {
  /** By the names of what they are made of. */
  readonly #texts = new Map<string, CombinedText>();

  /** Carries out work whose steps are queries, but for the last one. */
  *of<Result>(work: Work<Result>): Work<Result> {
    let step = work.next();
    while (step.done !== true) {
      const requests = step.value;
      const areLast = requests.some(({ isLast }) => isLast === true);
      if (requests.length < 2) {
        step = work.next(yield requests);
      } else if (areLast && areLarge(requests) && requests.every(({ calledRows }) => calledRows === undefined)) {
        // Sent ahead of each other, they are not the last: whether all of them were sent is known before the end is.
        step = work.next(yield requests.map(({ name, sql, parameters, each }) => ({ name, sql, parameters, each })));
      } else if (areLast) {
        yield [{ ...this.#combined(requests, asOneChange), isLast: true }];
        step = work.next([]);
      } else {
        const [reply] = yield [this.#combined(requests, asOneQuery)];
        step = work.next(requests.map((request, index) => rowsOf(request, reply, index)));
      }
    }
    return step.value;
  }

  #combined(requests: readonly Request[], combine: (texts: readonly string[], requests: readonly Request[]) => string): Request {
    const key = requests.map(({ name }) => name).join(" ");
    let text = this.#texts.get(key);
    if (text === undefined) {
      const sql = combine(renumbered(requests), requests);
      text = { name: createHash("sha256").update(sql).digest("hex").slice(0, 16), sql };
      this.#texts.set(key, text);
    }
    return { ...text, parameters: requests.flatMap(valuesOf), each: null };
  }
}

/** From so many rows on statements are worth being carried out while those after them are still being written. */
const manyRows = 500;

/** Tells whether statements take so many rows that each is to leave on its own. */
export function areLarge(requests: readonly Request[]): boolean {
  return requests.some(({ each }) => each !== null && each.length >= manyRows);
}

/** The values of a statement, one a parameter: rows to be inserted go over as an array a column, whose kinds the dialect left. */
export function valuesOf({ each, parameters }: Request): readonly unknown[] {
  if (each === null) return parameters;
  return parameters.map((kind, column) =>
    columnOf(
      each.map((row) => row[column]),
      kind,
    ),
  );
}

/** An array as a parameter; `null` where it holds nothing else. The driver, which looks at each value for what needs escapes, is left texts alone. */
function columnOf(values: readonly unknown[], kind: unknown): unknown {
  if (values.every((value) => value === null)) return null;
  if (kind === "text") return values;
  const listed = values.map((value) => (typeof value === "string" || typeof value === "number" ? value : "null")).join(",");
  return kind === "json" ? `[${listed}]` : `{${listed}}`;
}

/** Quoted names and texts, which may hold anything, and parameters. */
const quotedOrParameter = /"[^"]*"|'[^']*'|\$(\d+)/g;

/** The texts of statements, whose parameters are counted on from one to the next. */
function renumbered(requests: readonly Request[]): string[] {
  let before = 0;
  return requests.map((request) => {
    const offset = before;
    before += valuesOf(request).length;
    return request.sql.replaceAll(quotedOrParameter, (found, number?: string) =>
      number === undefined ? found : `$${offset + Number(number)}`,
    );
  });
}

function asOneQuery(texts: readonly string[]): string {
  const columns = texts.map((text, index) => `(select coalesce(json_agg(r), '[]') from (${text}) as r) as "${index}"`);
  return `select ${columns.join(", ")}`;
}

/**
 * All parts see the rows that were there before; none of them looks for what another one changes. They are carried out in their order, since
 * their counts are added up in it: it is the order that two writers come upon each other in, and what they fail over. Rows with a name are
 * given under it as JSON.
 */
function asOneChange(texts: readonly string[], requests: readonly Request[]): string {
  const names = requests.map(({ calledRows }) => calledRows);
  const parts = texts.map((text, index) =>
    names[index] === undefined ? `part_${index} as (${text} returning 1)` : `${names[index]} as materialized (${text})`,
  );
  const called = names.flatMap((name) => (name === undefined ? [] : [`(select json_agg(${name})::text from ${name}) as ${name}`]));
  const counts = names.flatMap((name, index) => (name === undefined ? [`(select count(*) from part_${index})`] : []));
  return `with ${parts.join(", ")} select ${[...called, counts.join(" + ")].join(", ")}`;
}

function rowsOf(request: Request, reply: Reply | undefined, index: number): Reply {
  const [row] = reply?.rows ?? [];
  const text: unknown = typeof row === "object" && row !== null ? Reflect.get(row, index) : undefined;
  const rows: unknown[] = JSON.parse(String(text));
  return { rows: readRows(request, rows), count: rows.length };
}
