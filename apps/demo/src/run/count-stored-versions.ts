import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { lifeCycleChannel } from "@minference/ecs";
import * as z from "zod";

/** Counts versions as they are stored. */
export interface VersionCount {
  readonly versions: () => number;
  stop(): void;
}

const committed = z.object({ event: z.literal("committed"), versions: z.array(z.unknown()) });

/** Counts what this process stores from now on, and nothing of what others store in the same database. */
export function countStoredVersions(): VersionCount {
  let versions = 0;
  const listen = (message: unknown): void => {
    versions += committed.safeParse(message).data?.versions.length ?? 0;
  };
  subscribe(lifeCycleChannel, listen);
  return { versions: () => versions, stop: () => void unsubscribe(lifeCycleChannel, listen) };
}
