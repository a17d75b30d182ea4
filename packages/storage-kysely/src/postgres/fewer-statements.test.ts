import { expect, test } from "vitest";
import type { Reply, Request, Work } from "../query/work.ts";
import { FewerStatements, valuesOf } from "./fewer-statements.ts";

function query(name: string, sql: string, ...parameters: readonly unknown[]): Request {
  return { name, sql, parameters, each: null };
}

const two = [query("a", `select $1 as x, '"$1"' from "a $1" where $2`, 7, true), query("b", "select $1 as y", "text")];
const last = [
  {
    name: "insert",
    sql: "insert into a select * from unnest($1::int[], $2::text[])",
    parameters: ["integer", "text"],
    each: [[1, "x"]],
    isLast: true,
  },
  { name: "update", sql: "update b set c = $1", parameters: [3], each: null, isLast: true },
] as const;

function* steps(): Work<readonly (readonly Reply[])[]> {
  const first = yield two;
  const second = yield [query("alone", "select $1", 1)];
  yield last;
  return [first, second];
}

test("what the others of a last step are made of stands before them under its name", () => {
  function* known(): Work<void> {
    yield [
      { name: "ids", sql: "select $1 as id", parameters: [7], each: null, calledRows: "ids", isLast: true },
      { name: "insert", sql: "insert into a select $1, id from ids", parameters: ["x"], each: null, isLast: true },
    ];
  }
  const [request] = new FewerStatements().of(known()).next().value ?? [];
  expect(request).toMatchObject({
    sql:
      "with ids as materialized (select $1 as id), part_1 as (insert into a select $2, id from ids returning 1) " +
      "select (select json_agg(ids)::text from ids) as ids, (select count(*) from part_1)",
    parameters: [7, "x"],
    isLast: true,
  });
});

test("the statements of a step become one, whose parameters are counted on and whose rows are given back to each", () => {
  const work = new FewerStatements().of(steps());
  const first = work.next();
  expect(first.value).toEqual([
    {
      name: expect.stringMatching(/^[\da-f]{16}$/),
      sql: expect.stringMatching(/from \(select \$1 as x, '"\$1"' from "a \$1" where \$2\) .* from \(select \$3 as y\)/),
      parameters: [7, true, "text"],
      each: null,
    },
  ]);
  const alone = work.next([{ rows: [{ 0: '[{"x":7}]', 1: "[]" }], count: 1 }]);
  expect(alone.value).toEqual([query("alone", "select $1", 1)]);
  const change = work.next([{ rows: [{ z: 1 }], count: 1 }]);
  expect(change.value).toMatchObject([
    {
      sql:
        "with part_0 as (insert into a select * from unnest($1::int[], $2::text[]) returning 1), part_1 as (update b set c = $3 returning 1) " +
        "select (select count(*) from part_0) + (select count(*) from part_1)",
      parameters: ["{1}", ["x"], 3],
      isLast: true,
    },
  ]);
  expect(work.next([])).toEqual({
    done: true,
    value: [
      [
        { rows: [{ x: 7 }], count: 1 },
        { rows: [], count: 0 },
      ],
      [{ rows: [{ z: 1 }], count: 1 }],
    ],
  });
});

test("a statement has one name for one text", () => {
  const fewer = new FewerStatements();
  const nameOf = (requests: readonly Request[]): unknown => {
    const { value } = fewer
      .of(
        (function* ask(): Work<void> {
          yield requests;
        })(),
      )
      .next();
    return Array.isArray(value) ? value[0]?.name : null;
  };
  expect(nameOf(two)).toBe(nameOf([query("a", two[0]?.sql ?? "", 8, false), query("b", "select $1 as y", "other")]));
  expect(nameOf(two)).not.toBe(nameOf(two.toReversed()));
});

test("the last statements of a large commit stay apart, and are not its last before all of them are carried out", () => {
  const [insert, update] = last;
  const large = { ...insert, each: Array.from({ length: 500 }, (_, index) => [index, "x"]) };
  const work = new FewerStatements().of(
    (function* store(): Work<void> {
      yield [large, update];
    })(),
  );
  const { isLast: _, ...apart } = large;
  expect(work.next().value).toEqual([apart, { name: "update", sql: "update b set c = $1", parameters: [3], each: null }]);
});

test("rows go over a column a parameter: one that is empty as null, JSON as one text, texts as they are", () => {
  const each = [
    [1, null, "a", null, 4, '{"a":["\\""]}', "0190"],
    [2, null, null, null, null, null, "0191"],
  ];
  const parameters = ["id", "json", "text", "text", "integer", "json", "uuid"];
  const json = '[{"a":["\\""]},null]';
  expect(valuesOf({ name: "", sql: "", parameters, each })).toEqual(["{1,2}", null, ["a", null], null, "{4,null}", json, "{0190,0191}"]);
});
