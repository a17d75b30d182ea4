/** What this project is called where its commits wait for no disk. */
export const unsynced = "minference, not synced";

/** A way to keep conversations, as the benchmark uses it. Each does what its documentation shows for this. */
export interface Contender {
  readonly name: string;
  /** Stores a thread with messages. */
  createThread(texts: readonly string[]): Promise<void>;
  /** Adds one message to the thread that was created last, and stores it. */
  append(text: string): Promise<void>;
  /** Loads that thread as a program that has just started would, as live objects, and gives the texts of its messages. */
  load(): Promise<readonly string[]>;
  /** Lists the versions of that thread, and gives how many there are; `null` where there are none to list. */
  listVersions(): Promise<number | null>;
  /** Stores entities that have nothing to do with each other, in one transaction; `null` where that makes no sense. */
  readonly storeMany: ((texts: readonly string[]) => Promise<void>) | null;
  /** What the database occupies. */
  bytes(): Promise<number>;
  close(): Promise<void>;
}

/** Where a contender keeps its data: a new file, or a new schema of a server. */
export type Place =
  | { readonly kind: "SQLite"; readonly path: string }
  | { readonly kind: "Postgres"; readonly url: string; readonly schema: string };
