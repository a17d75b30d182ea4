import type { SimulatedLimits } from "@minference/clients/testing";
import type { Question } from "./load.ts";
import { startServer } from "./server.ts";
import type { Subject } from "./subject.ts";

/** What one subject is measured on. */
export interface Work {
  readonly questions: readonly Question[];
  readonly limits: SimulatedLimits;
  /** The longest time it is given, in milliseconds. */
  readonly patienceMs: number;
}

/** What came of it, by the server's count. */
export interface Measured {
  readonly subject: string;
  readonly seconds: number;
  /** The best time for what was answered, over the time taken; null unless all was answered, once, without a refusal. */
  readonly utilisation: number | null;
  readonly refusals: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly optimumSeconds: number;
}

/** Latencies as they are stated for all servers: log-normal, median 1.2 s. */
const latency = { medianMs: 1200, sigma: 0.4 } as const;

/** Lets a subject work against a server of its own. */
export async function measure(subject: Subject, { questions, limits, patienceMs }: Work): Promise<Measured> {
  const server = await startServer({ limits, latency, seed: 7, answerTokens: questions.map((question) => question.answerTokens) });
  try {
    await subject.run({ server, questions, limits, signal: AbortSignal.timeout(patienceMs) });
    const { counts, optimumMs } = await server.report();
    const lost = questions.length - (counts.answered - counts.duplicates);
    const flawless = lost === 0 && counts.duplicates === 0 && counts.refused === 0;
    return {
      subject: subject.name,
      seconds: counts.elapsedMs / 1000,
      utilisation: flawless ? optimumMs / counts.elapsedMs : null,
      refusals: counts.refused,
      lost,
      duplicates: counts.duplicates,
      optimumSeconds: optimumMs / 1000,
    };
  } finally {
    await server.close();
  }
}

/** One line of a table. */
export function rowOf(measured: Measured): Record<string, string | number> {
  const { subject, seconds, utilisation, refusals, lost, duplicates, optimumSeconds } = measured;
  return {
    subject,
    seconds: seconds.toFixed(1),
    optimum: optimumSeconds.toFixed(1),
    utilisation: utilisation === null ? "-" : utilisation.toFixed(3),
    refusals,
    lost,
    duplicates,
  };
}
