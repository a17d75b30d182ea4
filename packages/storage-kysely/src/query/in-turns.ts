import { setImmediate } from "node:timers/promises";
import type { Work } from "./work.ts";

/** Carries out one piece of reading after the other. */
export type Reader = <Result>(work: () => Work<Result>) => Promise<Result>;

/** Lets everything else of this process have its turn after each piece of reading, which SQLite carries out without a pause. */
export function inTurns(read: Reader): Reader {
  return async (work) => {
    const result = await read(work);
    await setImmediate();
    return result;
  };
}
