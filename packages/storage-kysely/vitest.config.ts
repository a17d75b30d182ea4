import { packageTests } from "@minference/tooling-vitest";

export default packageTests({ postgres: true, workers: 2, sharesModules: true });
