import { packageTests } from "@minference/tooling-vitest";

const config = packageTests({ postgres: true });

// The conditions reach `require` too: with "import" among them pg would load its pool as an ES module.
export default { ...config, ssr: { resolve: { conditions: ["@minference/source"] } } };
