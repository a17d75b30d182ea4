import pg from "pg";
import type { TestProject } from "vitest/node";
import { startPostgres } from "./start-postgres.ts";

/** The URL of a Postgres server, password included. */
export type PostgresUrl = string;

declare module "vitest" {
  interface ProvidedContext {
    /** The server the run uses, with the right to create databases. */
    readonly postgresUrl: PostgresUrl;
  }
}

/**
 * Gives a test run a real Postgres: the one that `MINFERENCE_TEST_POSTGRES_URL` names, else one started for the run and removed after it.
 * A run that can't have it fails.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["MINFERENCE_TEST_POSTGRES_URL"];
  if (given !== undefined && given !== "") {
    await checkServer(given);
    project.provide("postgresUrl", given);
    return async () => undefined;
  }
  const server = await startPostgres({ durable: false });
  project.provide("postgresUrl", server.url);
  return () => server.stop();
}

async function checkServer(url: string): Promise<void> {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
    await client.connect();
    await client.end();
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "the URL cannot be used";
    throw new Error(`The Postgres that MINFERENCE_TEST_POSTGRES_URL names cannot be reached (${reason}): start it, or unset the variable`, {
      cause: error,
    });
  }
}
