import { packageTests } from "@minference/tooling-vitest";

// Most of these tests wait for a process that waits for its limits.
export default packageTests({ postgres: true, workers: 2, sharesModules: true });
