import type { Agent } from "undici";
import type { Fetch } from "./http-capture.ts";

/**
 * Makes a `fetch` that waits for an answer as long as its signal allows: the runtime's own gives up after five minutes without headers, or
 * between two parts of a body, which a long answer may take.
 */
export function patientFetch(): Fetch {
  let agent: Promise<Agent> | undefined;
  return async (input, init) => {
    agent ??= import("undici").then((undici) => new undici.Agent({ headersTimeout: 0, bodyTimeout: 0 }));
    // The runtime's types of a dispatcher are an older copy of undici's own.
    return await globalThis.fetch(input, Object.assign({}, init, { dispatcher: await agent }));
  };
}
