import type { SimulatedLimits } from "@minference/clients/testing";
import type { Question } from "./load.ts";
import type { BenchmarkServer } from "./server.ts";

/** What a subject is given. */
export interface Task {
  readonly server: BenchmarkServer;
  readonly questions: readonly Question[];
  /** The limits as they are told to the subject. */
  readonly limits: SimulatedLimits;
  /** Ends everything when the time for the subject is over. */
  readonly signal: AbortSignal;
}

/** One way to get all questions answered. Resolves with how many were; what it could not get answered is lost. */
export interface Subject {
  readonly name: string;
  run(task: Task): Promise<number>;
}

/** How many of some promises were kept. */
export async function countKept(promises: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.filter(({ status }) => status === "fulfilled").length;
}
