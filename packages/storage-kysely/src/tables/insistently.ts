import { setTimeout } from "node:timers/promises";
import { StorageError } from "@minference/ecs";

/** How often a change that others are in the way of is tried, and how many milliseconds are waited at most in between. */
const mostTries = 60;
const longestPause = 500;

/** Tries again while somebody holds what is to be changed; those who write and read come in between. */
export async function insistently<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!StorageError.is(error) || error.code !== "busy" || tries === mostTries) throw error;
      await setTimeout(Math.min(longestPause, 20 * tries));
    }
  }
}
