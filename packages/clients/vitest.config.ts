import { packageTests } from "@minference/tooling-vitest";
import { mergeConfig } from "vitest/config";

// Nothing here has global state, and much of the time is spent waiting for servers: files share workers, and two run at once.
export default mergeConfig(packageTests(), { test: { isolate: false, maxWorkers: 2 } });
