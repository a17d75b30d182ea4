import { expect, test } from "vitest";
import { ProviderError } from "./provider-error.ts";
import { redact, redactCause } from "./redact.ts";
import { retryAfterOf } from "./retry-after.ts";

test("is recognised across copies of the package, and nothing else is", () => {
  const error = new ProviderError({ code: "timeout", message: "m", provider: "openai" });
  expect(ProviderError.is(error)).toBe(true);
  expect(error).toMatchObject({ retryable: true, attempts: 0, status: null });
  const copy = Object.assign(new Error("m"), { [Symbol.for("@minference/clients/ProviderError")]: true });
  expect(ProviderError.is(copy)).toBe(true);
  for (const other of [new Error("x"), null, "x", { code: "timeout" }]) expect(ProviderError.is(other)).toBe(false);
});

test("removes the key wherever it stands, and what looks like one", () => {
  const key = "my.own/key+1";
  expect(redact(`bad key ${key} in ${key}`, [key])).toBe("bad key [key removed] in [key removed]");
  expect(redact("Authorization: Bearer abcdef", [])).toBe("Authorization: Bearer [key removed]");
  expect(redact("Incorrect API key: sk-proj-1234567890abcdef.", [])).toBe("Incorrect API key: [key removed].");
});

test("keeps causes as plain errors, a few levels deep", () => {
  const root = Object.assign(new Error("key=secret-1"), { headers: { authorization: "secret-1" } });
  const copy = redactCause(new TypeError("fetch failed", { cause: root }), ["secret-1"]);
  expect(copy).toMatchObject({ name: "TypeError", message: "fetch failed", cause: { message: "key=[key removed]" } });
  expect(copy?.cause).not.toHaveProperty("headers");
});

test.each<[Record<string, string>, number | null]>([
  [{ "retry-after": "7" }, 7000],
  [{ "retry-after": "86400" }, 86_400_000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": "9", "retry-after-ms": "120" }, 120],
  [{ "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" }, 60_000],
  [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
  [{ "retry-after": "Thursday, 01-Jan-26 00:01:00 GMT" }, 60_000],
  [{ "retry-after": "Thu Jan  1 00:01:00 2026 GMT" }, 60_000],
  [{ "retry-after": "2026-01-01T00:00:30Z" }, 30_000],
  [{ "retry-after": "99999999999999999999" }, 1e23],
  [{ "retry-after": "soon" }, null],
  [{ "retry-after": "-5" }, null],
  [{ "retry-after": "2, 5" }, null],
  [{ "retry-after": "1e9" }, null],
  [{ "retry-after": "May" }, null],
  [{ "retry-after": "NaN" }, null],
  [{ "retry-after": "9".repeat(400) }, Number.POSITIVE_INFINITY],
  [{ "retry-after": "" }, null],
  [{}, null],
])("reads %o as %s ms", (headers, expected) => {
  expect(retryAfterOf(new Headers(headers), Date.UTC(2026, 0, 1))).toBe(expected);
});
