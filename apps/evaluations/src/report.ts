import type { Provider } from "./providers.ts";
import type { Unusable } from "./tasks/task.ts";

/** What the servers counted, summed up. */
export interface ServerTotals {
  readonly answered: number;
  /** Refused for limits. */
  readonly refused: number;
  /** Refused for anything else: a conversation that is not as it has to be, above all. */
  readonly rejected: number;
  /** Answered more than once. */
  readonly duplicates: number;
}

/** What an evaluation came to. */
export interface EvaluationReport {
  readonly suite: string;
  /** How many problems the file holds. */
  readonly problems: number;
  readonly unusable: readonly Unusable[];
  /** Conversations: each usable problem, on each wire it was put to. */
  readonly conversations: number;
  readonly right: number;
  readonly turns: number;
  /** The calls that reached a tool, on all wires. */
  readonly calls: number;
  readonly wrong: readonly { readonly id: string; readonly wire: string; readonly reason: string }[];
  readonly server: ServerTotals;
  readonly elapsedMs: number;
  /** The best time the limits allow over the time taken; null without limits, and when anything was refused or went wrong. */
  readonly utilisation: number | null;
}

/** Sums up what the servers counted. */
export function serverTotals(providers: readonly Provider[]): ServerTotals {
  const counts = providers.map((provider) => provider.counts());
  const sum = (of: (each: (typeof counts)[number]) => number): number => counts.reduce((total, each) => total + of(each), 0);
  const errors = sum(({ byStatus }) =>
    Object.entries(byStatus).reduce((total, [status, times]) => total + (Number(status) >= 400 ? times : 0), 0),
  );
  const refused = sum((each) => each.refused);
  return { answered: sum((each) => each.answered), refused, rejected: errors - refused, duplicates: sum((each) => each.duplicates) };
}

/** Whether all is as it has to be. */
export function isFlawless({ server, wrong }: EvaluationReport): boolean {
  return wrong.length === 0 && server.rejected === 0 && server.duplicates === 0;
}

/** Writes a report for people. */
export function reportText(report: EvaluationReport): string {
  const { calls, conversations, elapsedMs, problems, right, server, suite, turns, unusable, utilisation, wrong } = report;
  const lines = [
    `${suite}: ${right} of ${conversations} conversations right (${problems} problems, ${unusable.length} unusable), ` +
      `${turns} turns, ${calls} calls, ${server.answered} requests in ${(elapsedMs / 1000).toFixed(1)} s; ` +
      `refused ${server.refused}, rejected ${server.rejected}, answered twice ${server.duplicates}` +
      (utilisation === null ? "" : `; utilisation ${utilisation.toFixed(3)}`),
    ...unusable.map(({ id, reason }) => `  unusable ${id}: ${reason}`),
    ...wrong.map(({ id, reason, wire }) => `  WRONG ${id} on ${wire}: ${reason}`),
  ];
  return `${lines.join("\n")}\n`;
}
