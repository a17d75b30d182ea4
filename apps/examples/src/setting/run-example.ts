import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@minference/clients";
import type { Outcome } from "@minference/threads";
import { answerOf, isFailure } from "./answer-of.ts";
import type { Example } from "./example.ts";
import { openProviders } from "./open-providers.ts";

/** Where an example is run. */
export interface Surroundings {
  readonly environment: Environment;
  readonly print: (line: string) => void;
  /** Told of what is no result. */
  readonly note: (line: string) => void;
}

/**
 * Runs an example with the providers that the environment allows, and cleans up after it, however it ends. Resolves with the exit code: 1
 * when it told of a conversation that failed.
 */
export async function runExample(example: Example, { environment, note, print }: Surroundings): Promise<number> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const { clients, close, notes, providers } = await openProviders(example, environment);
    closers.push(close);
    for (const line of notes) note(line);
    const directory = await mkdtemp(join(tmpdir(), "minference-example-"));
    closers.push(() => rm(directory, { recursive: true, force: true }));
    const postgresUrl = async (): Promise<string> => {
      const configured = environment["MINFERENCE_POSTGRES_URL"]?.trim() ?? "";
      if (configured !== "") return configured;
      const { startPostgres } = await import("@minference/tooling-postgres/server");
      const server = await startPostgres({ durable: false });
      closers.push(() => server.stop());
      return server.url;
    };
    const [first = { client: "", model: "" }] = providers;
    let code = 0;
    const telling = (outcome: Outcome | undefined): string => {
      if (isFailure(outcome)) code = 1;
      return answerOf(outcome);
    };
    await example.run({ ...first, clients, providers, directory, postgresUrl, answerOf: telling, print });
    return code;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
