import type { Reply, Request } from "../query/work.ts";

/** What the thread that writes is asked for. */
export interface WriterOrder {
  /** Whether a transaction begins with it. */
  readonly begins: boolean;
  readonly requests: readonly Request[];
  readonly ends: "commit" | "rollback" | null;
}

/** What the thread answers; after a failure the transaction is rolled back. */
export type WriterAnswer =
  | { readonly replies: readonly Reply[] }
  | { readonly failure: { readonly message: string; readonly code: string | null } };

/** What the thread is started with. */
export interface WriterSetup {
  readonly path: string;
  /** What its connection is set to first. */
  readonly pragmas: readonly string[];
}
