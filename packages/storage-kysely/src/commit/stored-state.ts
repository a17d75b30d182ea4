import type { CommitRow, ParentRow } from "./commit-statements.ts";

/** The last version of a chain. */
export interface Head {
  readonly id: string;
  readonly vid: number;
  readonly seq: number;
  readonly payloadVid: number;
  readonly holdsNothing: boolean;
  readonly chain: number;
  readonly lineageId: string;
  readonly type: string;
  readonly isBranch: boolean;
}

/** What the store holds of all that a batch names. */
export interface StoredState {
  readonly commits: readonly CommitRow[];
  readonly versions: readonly { readonly id: string; readonly vid: number }[];
  readonly lineages: readonly { readonly id: string }[];
  readonly parents: readonly ParentRow[];
  /** Besides: versions that are the last of their chains, none of which was redacted. */
  readonly heads: readonly Head[];
}
