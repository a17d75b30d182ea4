import type { ColumnType } from "kysely";

/** A UUID: 16 bytes in SQLite, `uuid` in Postgres. Only read and written through the dialect, as text. */
type UuidColumn = ColumnType<never, never, never>;

/** An instant: milliseconds in SQLite, `timestamptz` in Postgres. Only read and written through the dialect. */
type InstantColumn = ColumnType<never, never, never>;

/** A linear run of versions of one lineage; `parent_chain` and `fork_seq` say where it branches off. */
export interface ChainTable {
  readonly id: number;
  readonly lineage_id: UuidColumn;
  readonly type: string;
  readonly parent_chain: number | null;
  readonly fork_seq: number | null;
  /** 1 when the contents of the lineage were taken away for good. */
  readonly redacted: number | null;
}

/** An immutable version: a position on a chain, and a payload of its own or the version whose payload it shares. */
export interface VersionTable {
  readonly vid: number;
  readonly ecs_id: UuidColumn;
  readonly chain: number;
  readonly seq: number;
  readonly parent_vid: number | null;
  readonly merge_parent_vid: number | null;
  readonly commit_id: number;
  readonly schema_version: number;
  readonly payload: string | null;
  readonly payload_of: number | null;
  /** CRC-32 of the payload's text, as a signed number; for versions with a payload of their own. */
  readonly checksum: number | null;
  /** 1 when it has no edges; `null` when it may have, as every version may that was stored before the column was. */
  readonly holds_nothing: number | null;
}

/** The child a slot holds over a range of versions of a chain; no `to_seq` while it goes on, no child where an inherited slot is emptied. */
export interface EdgeTable {
  readonly chain: number;
  readonly field: string;
  readonly slot: string;
  readonly from_seq: number;
  readonly to_seq: number | null;
  readonly child_vid: number | null;
}

/** One transaction of a caller's. */
export interface CommitTable {
  readonly id: number;
  readonly uuid: UuidColumn;
  readonly created_at: InstantColumn;
  readonly actor: string | null;
  readonly message: string | null;
  readonly idempotency_key: string | null;
}

/** A name for a version, which keeps it from being pruned. */
export interface TagTable {
  readonly name: string;
  readonly vid: number;
}

/** The tables of the store. */
export interface Tables {
  readonly chain: ChainTable;
  readonly version: VersionTable;
  readonly edge: EdgeTable;
  readonly commit: CommitTable;
  readonly tag: TagTable;
}
