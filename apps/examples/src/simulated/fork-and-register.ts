import { forkAndRegister } from "../examples/fork-and-register.ts";
import type { Example } from "../setting/example.ts";

export const example: Example = { models: {}, script: () => ({}), run: forkAndRegister };
