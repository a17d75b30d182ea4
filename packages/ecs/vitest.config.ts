import { packageTests } from "@minference/tooling-vitest";

// One of its files tells vitest when entities are equal, which must not reach the others.
export default packageTests();
