import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, inject } from "vitest";
import type { PostgresUrl } from "./vitest-setup.ts";

/**
 * Makes an empty database on the run's Postgres for the test file or `describe` that calls it while tests are collected, and drops it after the
 * last of its tests, whoever is still connected.
 *
 * @returns the URL of the database
 */
export async function testDatabase(): Promise<string> {
  const server: PostgresUrl = inject("postgresUrl");
  const name = `minference_test_${randomBytes(8).toString("hex")}`;
  await execute(server, `create database ${name} template template0`);
  afterAll(() => execute(server, `drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
