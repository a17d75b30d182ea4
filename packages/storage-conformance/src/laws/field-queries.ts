import assert from "node:assert/strict";
import {
  type EntityStorage,
  type FieldFilter,
  type FieldOrder,
  type JsonValue,
  type ListQuery,
  type NewVersion,
  type Payload,
  pageByField,
  matchesFilters,
} from "@minference/ecs";
import fc from "fast-check";
import { CommitBuilder } from "../commit-builder.ts";
import { expectCommitted, expectIds, expectSameIds, expectStorageError } from "../expectations.ts";
import type { Law } from "../law.ts";

const date = (text: string): JsonValue => ({ $type: "date", value: text });

/** Values of every kind, in their order: what cannot be compared, numbers, dates, texts. */
const incomparable: readonly JsonValue[] = [
  null,
  true,
  false,
  [1],
  { a: 1 },
  "\u0000",
  "half \ud800",
  "\\u0041",
  { $type: "bigint", value: "5" },
  { $type: "date", value: 3 },
];
const ordered: readonly JsonValue[] = [
  -1.797e308,
  -2.5,
  -1,
  0,
  1e-7,
  0.1,
  1,
  2,
  10,
  1e15,
  9_007_199_254_740_991,
  // JSON writes these as whole numbers that no double is: 1152921504606847200 and 1152921504606847500.
  2 ** 60 + 256,
  2 ** 60 + 512,
  1e21,
  date("1970-01-01T00:00:00.000Z"),
  date("2030-01-01T00:00:00.000Z"),
  date("2030-01-01T00:00:00.001Z"),
  "",
  " ",
  "'; drop table version; --",
  "10",
  "9",
  "A",
  "Z",
  "a",
  "a\nb",
  "aa",
  'b"',
  "é",
  "\uffff",
  "\u{10000}",
  "😀",
];

/** Versions found by what stands in their fields. */
export const fieldQueryLaws: readonly Law[] = [
  {
    name: "versions are found by equal values of every kind, and by values that differ",
    async check({ storage }) {
      const versions = await store(storage, [...incomparable, ...ordered]);
      for (const [index, version] of versions.entries()) {
        const value = version.payload?.["field"] ?? null;
        expectIds(await find(storage, [{ field: "field", operator: "=", value }]), [version]);
        expectIds(await find(storage, [{ field: "field", operator: "!=", value }]), versions.toSpliced(index, 1));
      }
      expectIds(await find(storage, [{ field: "missing", operator: "=", value: null }]), versions);
      expectIds(await find(storage, [{ field: "missing", operator: "!=", value: null }]), []);
      expectIds(await find(storage, [{ field: "field", operator: "=", value: "1" }]), []);
    },
  },
  {
    name: "numbers, dates and texts compare among themselves; nothing else compares",
    async check({ storage }) {
      const versions = await store(storage, [...incomparable, ...ordered].toReversed());
      for (const [index, value] of ordered.entries()) {
        const among = (from: number, to: number) => {
          const values = new Set<unknown>(ordered.slice(from, to).filter((other) => kind(other) === kind(value)));
          return versions.filter(({ payload }) => values.has(payload?.["field"]));
        };
        expectIds(await find(storage, [{ field: "field", operator: "<", value }]), among(0, index));
        expectIds(await find(storage, [{ field: "field", operator: "<=", value }]), among(0, index + 1));
        expectIds(await find(storage, [{ field: "field", operator: ">", value }]), among(index + 1, ordered.length));
        expectIds(await find(storage, [{ field: "field", operator: ">=", value }]), among(index, ordered.length));
      }
    },
  },
  {
    name: "a listing follows the order of a field both ways, in pages of any size",
    async check({ storage }) {
      const versions = await store(storage, [...ordered.toReversed(), ...incomparable, ...ordered]);
      const expected = [
        ...versions.slice(ordered.length, ordered.length + incomparable.length),
        ...ordered.flatMap((_, index) => [versions[ordered.length - 1 - index], versions[ordered.length + incomparable.length + index]]),
      ].filter((version) => version !== undefined);
      for (const limit of [1, 7, 1_000]) {
        expectIds(await find(storage, [], { field: "field", direction: "ascending" }, limit), expected);
        expectIds(await find(storage, [], { field: "field", direction: "descending" }, limit), expected.toReversed());
      }
      const where: FieldFilter[] = [
        { field: "field", operator: ">=", value: 1 },
        { field: "field", operator: "<", value: 10 },
      ];
      const values = (await find(storage, where, { field: "field", direction: "descending" }, 2)).map(({ ecsId }) =>
        valueOf(versions, ecsId),
      );
      assert.deepEqual(values, [2, 2, 1, 1]);
    },
  },
  {
    name: "queries by field see shared payloads, heads or all versions, and types apart",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root({ payload: { n: 1 } });
      const second = build.next(first);
      const third = build.next(second, { payload: { n: 2 } });
      const branch = build.next(second, { onStaleParent: "branch" });
      const other = build.root({ type: "Other", payload: { n: 1 } });
      await expectCommitted(storage.commit(build.commit([first, second, third, branch, other])));
      const where: FieldFilter[] = [{ field: "n", operator: "=", value: 1 }];
      expectIds((await storage.list({ types: ["Thing"], versions: "all", where, limit: 9 })).items, [first, second, branch]);
      expectIds((await storage.list({ types: ["Thing"], versions: "heads", where, limit: 9 })).items, [branch]);
      expectSameIds((await storage.list({ types: ["Other", "Thing"], versions: "heads", where, limit: 9 })).items, [other, branch]);
      const orderBy: FieldOrder = { field: "n", direction: "descending" };
      expectIds((await storage.list({ types: ["Thing"], versions: "all", orderBy, limit: 9 })).items, [third, branch, second, first]);
    },
  },
  {
    name: "a payload of any depth hinders no query by field",
    async check({ storage }) {
      const build = new CommitBuilder();
      const deep: Payload = { n: 1, deep: JSON.parse("[".repeat(1_500) + "]".repeat(1_500)) };
      const [flat, nested] = [build.root({ payload: { n: 2 } }), build.root({ payload: deep })];
      await expectCommitted(storage.commit(build.commit([nested, flat])));
      const list = (query: Partial<ListQuery>) => storage.list({ types: ["Thing"], versions: "heads", limit: 3, ...query });
      expectIds((await list({ where: [{ field: "n", operator: ">", value: 1 }] })).items, [flat]);
      expectIds((await list({ where: [{ field: "n", operator: "=", value: 2 }] })).items, [flat]);
      assert.equal((await list({ orderBy: { field: "n", direction: "descending" } })).items.length, 2);
      assert.equal(JSON.stringify((await storage.loadVersions([nested.ecsId]))[0]?.payload), JSON.stringify(deep));
      const bottomless = build.root({ payload: { deep: JSON.parse("[".repeat(1_000_000) + "]".repeat(1_000_000)) } });
      await expectStorageError(storage.commit(build.commit([bottomless])), "invalid");
    },
  },
  {
    name: "field names and values stay data; those that make no sense are refused",
    async check({ storage }) {
      const names = [
        "a b",
        "a.b",
        "$",
        "[0]",
        "#-1",
        "'",
        "'; drop table version; --",
        "é😀",
        "__proto__",
        "constructor",
        "1",
        "%s",
        "?",
        "$1",
      ];
      const build = new CommitBuilder();
      const versions = names.map((name) => build.root({ payload: JSON.parse(`{${JSON.stringify(name)}: "here"}`) }));
      await expectCommitted(storage.commit(build.commit(versions)));
      for (const [index, field] of names.entries()) {
        expectIds(await find(storage, [{ field, operator: "=", value: "here" }]), versions.slice(index, index + 1));
        expectIds(
          await find(storage, [], { field, direction: "descending" }).then((found) => found.slice(0, 1)),
          versions.slice(index, index + 1),
        );
      }
      const list = (query: Partial<ListQuery>) => storage.list({ types: ["Thing"], versions: "heads", limit: 3, ...query });
      for (const field of ["", '"', 'a"b', "\\", "\u0000", "\n", "\ud800"]) {
        await expectStorageError(list({ where: [{ field, operator: "=", value: 1 }] }), "invalid");
        await expectStorageError(list({ orderBy: { field, direction: "ascending" } }), "invalid");
      }
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
        for (const operator of ["=", "!=", "<"] as const)
          await expectStorageError(list({ where: [{ field: "a", operator, value }] }), "invalid");
      for (const after of [cursor(1, 1, "", 0.5, 1), cursor(1, 1, "", 1, 1e300), cursor(-1, 1, "", 1, 1), cursor(1, 1, "", 1)])
        await expectStorageError(list({ orderBy: { field: "a", direction: "ascending" }, after }), "invalid");
      for (const direction of ["DESC", "", null])
        await expectStorageError(list(JSON.parse(JSON.stringify({ orderBy: { field: "a", direction } }))), "invalid");
      for (const value of incomparable) await expectStorageError(list({ where: [{ field: "a", operator: "<", value }] }), "invalid");
      for (const after of ["x", "", "1.1", "W10"])
        await expectStorageError(list({ orderBy: { field: "a", direction: "ascending" }, after }), "invalid");
      await expectStorageError(list({ where: [{ field: "a", operator: "=", value: 1 }], after: "x" }), "invalid");
      await expectStorageError(list({ orderBy: { field: "a", direction: "ascending" }, limit: 0 }), "invalid");
    },
  },
  {
    name: "random queries by field find what looking at every payload finds",
    async check({ storage }, randomShare) {
      const value = fc.oneof(
        fc.constantFrom<JsonValue>(...incomparable, ...ordered),
        fc.integer({ min: -3, max: 3 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
        fc.string(),
      );
      const [stored = []] = fc.sample(fc.array(value, { minLength: 150, maxLength: 150 }), { seed: 7, numRuns: 1 });
      const versions = await store(storage, stored);
      const items = versions.map((version, chain) => ({ ecsId: version.ecsId, chain, seq: 1, payload: version.payload ?? {} }));
      const filter = fc.tuple(fc.constantFrom("=", "!=", "<", "<=", ">", ">="), fc.oneof(value, fc.constantFrom(...stored)));
      const query = fc.record({ filters: fc.array(filter, { maxLength: 2 }), direction: fc.constantFrom("ascending", "descending") });
      await fc.assert(
        fc.asyncProperty(query, async ({ filters, direction }) => {
          const where = filters.map(([operator, value]): FieldFilter => ({ field: "field", operator, value }));
          const orderBy: FieldOrder = { field: "field", direction };
          const expected = pageByField(
            items.filter(({ payload }) => matchesFilters(payload, where)),
            orderBy,
            { limit: 1_000 },
          );
          const found = await find(storage, where, orderBy, 40).catch((error: unknown) => error);
          if (found instanceof Error) assert.match(found.message, /can only be compared/);
          else if (Array.isArray(found)) expectIds(found, expected.items);
        }),
        { numRuns: Math.ceil(60 * randomShare), seed: 11, endOnFailure: true },
      );
    },
  },
];

/** Stores one version a value, each the first of its lineage. */
async function store(storage: EntityStorage, values: readonly JsonValue[]): Promise<NewVersion[]> {
  const build = new CommitBuilder();
  const versions = values.map((value) => build.root({ payload: { other: 1, field: value } }));
  await expectCommitted(storage.commit(build.commit(versions)));
  return versions;
}

function cursor(...parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** More than any law of these stores. */
const mostFound = 10_000;

async function find(
  storage: EntityStorage,
  where: readonly FieldFilter[],
  orderBy?: FieldOrder,
  limit = 1_000,
): Promise<{ ecsId: string }[]> {
  const found: { ecsId: string }[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const query = {
      types: ["Thing"],
      versions: "heads" as const,
      where,
      limit,
      ...(orderBy === undefined ? {} : { orderBy }),
      ...(after === undefined ? {} : { after }),
    };
    const page = await storage.list(query);
    found.push(...page.items);
    after = page.next;
    assert.ok(found.length <= mostFound, "a listing goes on for ever");
  }
  return found;
}

function kind(value: JsonValue): string {
  return typeof value === "object" ? "date" : typeof value;
}

function valueOf(versions: readonly NewVersion[], ecsId: string): JsonValue | undefined {
  return versions.find((version) => version.ecsId === ecsId)?.payload?.["field"];
}
