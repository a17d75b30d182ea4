import { printTable } from "../benchmark.ts";
import { ask, ended, measureApart, start } from "../child.ts";
import { type Measured, type Order, subjectNames } from "./run-subject.ts";
import { requestsPerTurn, turns } from "./work.ts";

/** How much is done, and how often. */
export interface Amount {
  readonly threads: number;
  readonly concurrency: number;
  readonly rounds: number;
  /** Null for all. */
  readonly subjects: readonly string[] | null;
}

/** The best round of each subject, by name. */
export type Throughput = Readonly<Record<string, Measured>>;

/** Measures every subject in turn, round after round, each time in a process of its own against one server in another. */
export async function measureThroughput({ concurrency, rounds, subjects, threads }: Amount): Promise<Throughput> {
  const server = start(new URL("instant-server.ts", import.meta.url));
  const best: Record<string, Measured> = {};
  try {
    const { baseUrl } = await ask<{ baseUrl: string }>(server, null);
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of subjects ?? subjectNames) {
        const measured = await measureApart<Measured>(new URL("run-subject.ts", import.meta.url), {
          subject,
          baseUrl,
          threads,
          concurrency,
        } satisfies Order);
        if (measured.requestsPerSecond > (best[subject]?.requestsPerSecond ?? 0)) best[subject] = measured;
      }
    }
  } finally {
    server.disconnect();
    server.kill();
    await ended(server);
  }
  printTable(
    `${threads} threads, ${turns} turns of ${requestsPerTurn} requests each, ${concurrency} requests at once; the best of ${rounds}`,
    Object.entries(best).map(([subject, { cpuMsPerRequest, mainThreadMsPerRequest, peakRssMb, requestsPerSecond }]) => ({
      subject,
      "requests/s": Math.round(requestsPerSecond),
      "CPU ms a request": cpuMsPerRequest.toFixed(3),
      "of the main thread": mainThreadMsPerRequest.toFixed(3),
      "peak RSS MB": Math.round(peakRssMb),
    })),
  );
  return best;
}
