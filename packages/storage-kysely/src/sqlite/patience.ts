import { setTimeout } from "node:timers/promises";
import type { StorageError } from "@minference/ecs";
import { sqliteError } from "./sqlite-error.ts";

const pauses = [1, 2, 5, 10, 20, 50] as const;

/** How long to wait for other connections that hold the file. */
export interface Patience {
  readonly path: string;
  /** Milliseconds until `busy`. */
  readonly busyTimeout: number;
}

/**
 * Tries something until no other connection is in the way. SQLite's own busy handler would block this whole process meanwhile, and for
 * ever when it is this very process that has the lock.
 *
 * @throws {StorageError} `busy` once the time is over; every other failure at once
 */
export async function patiently<Result>({ path, busyTimeout }: Patience, attempt: () => Result | Promise<Result>): Promise<Result> {
  const deadline = performance.now() + busyTimeout;
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const failure: StorageError = sqliteError(error, path);
      const pause = pauses[Math.min(tries, pauses.length - 1)];
      if (failure.code !== "busy" || performance.now() >= deadline) throw failure;
      await setTimeout(pause);
    }
  }
}
