import { expect, test } from "vitest";
import { ThreadError } from "./thread-error.ts";

test("keeps code, cause and whether trying again may help", () => {
  const cause = new Error("below");
  const error = new ThreadError("storage", "could not be stored", { cause, retryable: true });
  expect(error).toMatchObject({ name: "ThreadError", code: "storage", cause, retryable: true });
  expect(new ThreadError("refused", "no").retryable).toBe(false);
});

test("is recognised also when it comes from another copy of the package", () => {
  const foreign = Object.assign(new Error("x"), { [Symbol.for("@minference/threads/ThreadError")]: true });
  expect([new ThreadError("refused", "no"), foreign, new Error("x"), null].map(ThreadError.is)).toEqual([true, true, false, false]);
});
