import { packageTests } from "@minference/tooling-vitest";

export default packageTests({ sharesModules: true });
