import type { StorageErrorCode } from "@minference/ecs";

/** A commit that cannot be stored, and why; as data, since it may come from the thread that writes. */
export interface Refusal {
  readonly status: "refused";
  readonly code: StorageErrorCode;
  readonly message: string;
}

/** Leaves the plan of a commit that cannot be stored. */
export class RefusedCommit extends Error {
  readonly refusal: Refusal;

  constructor(code: StorageErrorCode, message: string) {
    super(message);
    this.refusal = { status: "refused", code, message };
  }
}
