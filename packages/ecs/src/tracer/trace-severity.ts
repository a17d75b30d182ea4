/**
 * How much is traced, from the least. A function is traced when its own severity is not above that of the tracer: at `NONE`
 * nothing is, at `VERBOSE` everything.
 */
export const traceSeverities = ["NONE", "CRITICAL", "NORMAL", "VERBOSE"] as const;

/** One of {@link traceSeverities}. */
export type TraceSeverity = (typeof traceSeverities)[number];

/** Tells whether something of one severity is traced at another. */
export function isTraced(severity: TraceSeverity, upTo: TraceSeverity): boolean {
  return severity !== "NONE" && traceSeverities.indexOf(severity) <= traceSeverities.indexOf(upTo);
}
