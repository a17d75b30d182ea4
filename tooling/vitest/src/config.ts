import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const conditions = ["@minference/source"];

/**
 * Settings that every package's tests share: sources instead of builds, failing on stray console output, a report for the sum. `workers` is
 * for a package whose tests go on when all others are done; without it vitest takes one fewer than there are cores. `sharesModules` reads modules
 * once for all files of a package whose tests leave nothing behind in them.
 */
export function packageTests(options: { postgres?: boolean; workers?: number; sharesModules?: boolean } = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      include: ["src/**/*.test.ts", "test/**/*.test.ts"],
      isolate: options.sharesModules !== true,
      ...(options.workers === undefined ? {} : { maxWorkers: options.workers }),
      // Where processes that tests start find what node compiled for those before: they start in half the time.
      env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") },
      // Only there to end what hangs: several suites share the cores, and no test measures time.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 60_000 } },
      reporters: ["default", ["json", { outputFile: ".reports/vitest.json" }]],
      setupFiles: ["@minference/tooling-vitest/fail-on-console"],
      ...(options.postgres === true ? { globalSetup: ["@minference/tooling-postgres/vitest-setup"] } : {}),
    },
  });
}
