import { usageError } from "@minference/command-line";

/** Where conversations are kept. */
export type StorageLocation =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "memory" };

/** Where conversations are kept when nothing else is asked for. */
export const defaultStorage = "sqlite:minference-demo.db";

/** Reads a `--storage` value; the error never repeats it, for it may hold a password. */
export function parseStorageLocation(text: string): StorageLocation {
  if (text === "memory:" || text === "memory") return { kind: "memory" };
  if (text.startsWith("sqlite:")) {
    const path = text.slice("sqlite:".length);
    if (path === "" || path === ":memory:")
      throw usageError("--storage sqlite: needs a path, as in sqlite:chats.db; for no file at all use memory:");
    return { kind: "sqlite", path };
  }
  if (/^postgres(ql)?:/.test(text)) {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || !/^postgres(ql)?:\/\//.test(text) || url.pathname.length < 2)
      throw usageError("--storage is not a valid Postgres URL; it looks like postgres://user:password@host:5432/database");
    return { kind: "postgres", url: text };
  }
  throw usageError("--storage must be sqlite:PATH, postgres://… or memory:");
}

/** Names a location for people: as it was given, without the password. */
export function describeStorage(location: StorageLocation): string {
  switch (location.kind) {
    case "memory":
      return "memory: (gone when the program ends)";
    case "sqlite":
      return `sqlite:${location.path}`;
    case "postgres": {
      const url = new URL(location.url);
      if (url.password !== "") url.password = "***";
      for (const name of url.searchParams.keys()) if (/pass/i.test(name)) url.searchParams.set(name, "***");
      return url.href;
    }
  }
}
