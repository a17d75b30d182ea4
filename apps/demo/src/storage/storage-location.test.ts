import { CommandError } from "@minference/command-line";
import { describe, expect, it } from "vitest";
import { describeStorage, parseStorageLocation } from "./storage-location.ts";

describe("parseStorageLocation", () => {
  it("knows the three kinds", () => {
    expect(parseStorageLocation("sqlite:a/b.db")).toEqual({ kind: "sqlite", path: "a/b.db" });
    expect(parseStorageLocation("memory:")).toEqual({ kind: "memory" });
    expect(parseStorageLocation("postgres://u:p@h/d")).toEqual({ kind: "postgres", url: "postgres://u:p@h/d" });
    expect(parseStorageLocation("postgresql://h/d")).toMatchObject({ kind: "postgres" });
  });

  it.each([
    "",
    "chats.db",
    "sqlite:",
    "sqlite::memory:",
    "mysql://h/d",
    "postgres:secret@",
    "postgres://u:secret@h",
    "postgres://u:secret@h:x/d",
  ])("refuses %j without repeating it", (text) => {
    expect(() => parseStorageLocation(text)).toThrow(CommandError);
    expect(() => parseStorageLocation(text)).not.toThrow(/secret/);
  });
});

it("masks passwords", () => {
  const shown = describeStorage({ kind: "postgres", url: "postgres://me:s3cret@h:5432/d?sslpassword=s3cret&application_name=x" });
  expect(shown).toBe("postgres://me:***@h:5432/d?sslpassword=***&application_name=x");
  expect(describeStorage({ kind: "sqlite", path: "x.db" })).toBe("sqlite:x.db");
});
