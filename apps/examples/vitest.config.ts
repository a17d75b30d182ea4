import { packageTests } from "@minference/tooling-vitest";

export default packageTests({ postgres: true, sharesModules: true });
