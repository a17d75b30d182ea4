/** What can be wrong with a store. */
export type DamageKind =
  | "broken_file"
  | "checksum"
  | "dangling_edge"
  | "dangling_fork"
  | "dangling_merge_parent"
  | "dangling_parent"
  | "edge_range"
  | "empty_chain"
  | "payload"
  | "sequence_gap"
  | "typed_row";

/** One thing that is wrong with a store. */
export interface Damage {
  readonly kind: DamageKind;
  /** The version it is about; `null` where there is none to name. */
  readonly ecsId: string | null;
  /** What is wrong, for people. Holds ids and names of fields, nothing of payloads. */
  readonly message: string;
}
