import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { lifeCycleChannel } from "@minference/ecs";
import * as z from "zod";

const committed = z.object({ event: z.literal("committed"), versions: z.array(z.unknown()) });

/** Carries work out and counts the versions it stores, and nothing of what others store meanwhile, be it in the same database or in the same process. */
export async function countStoredVersions<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly versions: number }> {
  const within = new AsyncLocalStorage<true>();
  let versions = 0;
  const listen = (message: unknown): void => {
    if (within.getStore() === true) versions += committed.safeParse(message).data?.versions.length ?? 0;
  };
  subscribe(lifeCycleChannel, listen);
  try {
    const result = await within.run(true, work);
    return { result, versions };
  } finally {
    unsubscribe(lifeCycleChannel, listen);
  }
}
