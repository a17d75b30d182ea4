import { packageTests } from "@minference/tooling-vitest";

const { ssr: _, test, ...config } = packageTests({ postgres: true });

export default {
  ...config,
  // The conditions reach `require` too: with "import" among them pg would load its pool as an ES module.
  ssr: { resolve: { conditions: ["@minference/source"] } },
  // Most of these tests wait for a process that waits for its limits.
  test: { ...test, maxWorkers: 3 },
};
