import { packageTests } from "@minference/tooling-vitest";

const { test, ...config } = packageTests({ postgres: true, sharesModules: true });

// Most of these tests wait for a process that waits for its limits.
export default { ...config, test: { ...test, maxWorkers: 2 } };
