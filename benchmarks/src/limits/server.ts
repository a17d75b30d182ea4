import { Worker } from "node:worker_threads";
import type { SimulatedCounts, SimulatedLatency, SimulatedLimits } from "@minference/clients/testing";

/** How a server of a benchmark is set up. */
export interface ServerSetup {
  readonly limits: SimulatedLimits;
  readonly latency: SimulatedLatency;
  readonly seed: number;
  /** The length of the answer to each question, by its number. */
  readonly answerTokens: readonly number[];
}

/** What the server itself counted. */
export interface ServerReport {
  readonly counts: SimulatedCounts;
  readonly optimumMs: number;
}

/** A simulated provider on a thread of its own, so that it is as prompt as it would be elsewhere. */
export interface BenchmarkServer {
  readonly openaiBaseUrl: string;
  readonly anthropicBaseUrl: string;
  report(): Promise<ServerReport>;
  close(): Promise<void>;
}

/** Starts a server. */
export async function startServer(setup: ServerSetup): Promise<BenchmarkServer> {
  const worker = new Worker(new URL("server-thread.ts", import.meta.url), { workerData: setup });
  const next = async (): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    worker.once("message", resolve);
    worker.once("error", reject);
    return await promise;
  };
  const urls = await next();
  if (!isUrls(urls)) throw new Error("The server did not say where it is.");
  return {
    ...urls,
    report: async () => {
      const answer = next();
      worker.postMessage("report");
      const report = await answer;
      if (!isReport(report)) throw new Error("The server did not report.");
      return report;
    },
    close: async () => void (await worker.terminate()),
  };
}

function isUrls(value: unknown): value is Pick<BenchmarkServer, "openaiBaseUrl" | "anthropicBaseUrl"> {
  return typeof value === "object" && value !== null && "openaiBaseUrl" in value && "anthropicBaseUrl" in value;
}

function isReport(value: unknown): value is ServerReport {
  return typeof value === "object" && value !== null && "counts" in value && "optimumMs" in value;
}
