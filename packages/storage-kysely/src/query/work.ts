import type { Compilable } from "kysely";
import { Argument } from "./argument.ts";

/** A statement to carry out. */
export interface Request {
  /** The same for the same SQL, so that a driver can keep it prepared. */
  readonly name: string;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Rows to carry the statement out for, each or all at once as the dialect has it; `parameters` holds what it left for each column then. */
  readonly each: readonly (readonly unknown[])[] | null;
  /** What is made of each row, as soon as the rows are there: others may still be on their way. */
  readonly read?: (row: unknown) => unknown;
  /** Whether no statement comes after this one and those beside it, whatever they give. */
  readonly isLast?: true;
  /** What those beside it call the rows that this one gives, where they are made of them. */
  readonly calledRows?: string;
}

/** What a statement gave. */
export interface Reply {
  /** What {@link Request.read} made of the rows, where it was given. */
  readonly rows: readonly unknown[];
  /** Rows inserted or changed. */
  readonly count: number;
}

/**
 * A piece of database work as a generator of statements, so that one text runs both synchronously (SQLite, inside one
 * transaction without yielding to others) and asynchronously (Postgres). Statements that do not wait for each other's replies come
 * together; they are carried out in their order.
 */
export type Work<Result> = Generator<readonly Request[], Result, readonly Reply[]>;

/** What a statement is, without what it is carried out with. */
export interface Statement {
  readonly name: string;
  readonly sql: string;
  /** {@link Argument}s and constants. */
  readonly parameters: readonly unknown[];
  /** See {@link Request.calledRows}. */
  readonly calledRows?: string;
}

/** A statement compiled once, to be carried out with different arguments. */
export interface Query<Arguments, Row> {
  (values: Arguments): Work<readonly Row[]>;
  readonly statement: Statement;
}

/** A statement compiled once that inserts rows, and gives how many were inserted. */
export interface Insert {
  (rows: readonly (readonly unknown[])[]): Work<number>;
  readonly statement: Statement;
}

/** Compiles a query whose parameters are {@link Argument}s or constants. */
export function compileQuery<Arguments, Row>(name: string, query: Compilable<Row>): Query<Arguments, Row> {
  const { sql, parameters } = query.compile();
  return queryOf({ name, sql, parameters });
}

/** Makes a query of a statement that was compiled before. */
export function queryOf<Arguments, Row>(statement: Statement): Query<Arguments, Row> {
  function* run(values: Arguments): Work<readonly Row[]> {
    const [reply] = yield [bind(statement, values)];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the query's columns are what Row was inferred from
    return (reply?.rows ?? []) as readonly Row[];
  }
  return Object.assign(run, { statement });
}

function bind(statement: Statement, values: unknown): Request {
  const bound = statement.parameters.map((parameter) => (parameter instanceof Argument ? parameter.valueFrom(values) : parameter));
  return { ...statement, parameters: bound, each: null };
}

/**
 * Compiles a query that is carried out for some keys at a time.
 *
 * @param length - for how many keys at most
 * @param read - what is made of each row
 */
export function compileLists<Key, Row, Result>(
  name: string,
  length: number,
  query: Compilable<Row>,
  read: (row: Row) => Result,
): Query<readonly Key[], Result> {
  const { sql, parameters } = query.compile();
  const statement = { name, sql, parameters };
  function* run(keys: readonly Key[]): Work<readonly Result[]> {
    const requests: Request[] = [];
    for (let at = 0; at < keys.length; at += length) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the query's columns are what Row was inferred from
      requests.push({ ...bind(statement, keys.slice(at, at + length)), read: (row) => read(row as Row) });
    }
    if (requests.length === 0) return [];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows are what they were read as
    return (yield requests).flatMap(({ rows }) => rows) as readonly Result[];
  }
  return Object.assign(run, { statement });
}

/** Reads what a statement gave as it asks. */
export function readRows({ read }: Request, rows: readonly unknown[]): readonly unknown[] {
  return read === undefined ? rows : rows.map(read);
}

/** Compiles a statement that is carried out for many rows; its parameters are the values of a row, in order. */
export function compileInsert(name: string, statement: Compilable): Insert {
  const { sql, parameters } = statement.compile();
  return insertOf({ name, sql, parameters });
}

/** Makes an insert of a statement that was compiled before. */
export function insertOf(statement: Statement): Insert {
  function* run(rows: readonly (readonly unknown[])[]): Work<number> {
    if (rows.length === 0) return 0;
    const [reply] = yield [{ ...statement, each: rows }];
    return reply?.count ?? 0;
  }
  return Object.assign(run, { statement });
}

/** Carries two pieces of work out side by side, as far as neither waits for the other. */
export function* both<First, Second>(first: Work<First>, second: Work<Second>): Work<readonly [First, Second]> {
  let left = first.next();
  let right = second.next();
  for (;;) {
    if (left.done === true && right.done === true) return [left.value, right.value];
    const asked = left.done === true ? [] : left.value;
    const replies = yield [...asked, ...(right.done === true ? [] : right.value)];
    if (left.done !== true) left = first.next(replies.slice(0, asked.length));
    if (right.done !== true) right = second.next(replies.slice(asked.length));
  }
}

/** Says of work that makes its statements at once, and looks at nothing they give, that they are the last ones of a transaction. */
export function* lastly(work: Work<unknown>): Work<void> {
  const step = work.next();
  if (step.done !== true) yield step.value.map((request) => Object.assign(request, { isLast: true as const }));
}

/** Looks up what some keys lead to; nothing where there are none. */
export function* lookUp<Key, Row>(query: Query<readonly Key[], Row>, keys: Iterable<Key>): Work<readonly Row[]> {
  const given = [...keys];
  return given.length === 0 ? [] : yield* query(given);
}
