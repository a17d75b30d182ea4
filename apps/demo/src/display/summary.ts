import type { ProviderReport, RunReport } from "../run/run-report.ts";
import { formatBytes, formatCount, formatDuration, formatThings } from "./quantities.ts";

/** Writes what a run came to, for people. `next` is the command to try now, null when there is none. */
export function summary(report: RunReport, next: string | null): string {
  const { providers, storage } = report;
  const rows: (readonly [string, string])[] = [
    ["answers", answers(report)],
    ...providers.map((provider) => [provider.label, providerRow(provider)] as const),
    ["refused (429)", formatCount(total(providers, ({ refused }) => refused))],
    ["retries", formatCount(total(providers, ({ retries }) => retries))],
    ["time", time(report)],
    ["stored", stored(storage)],
    ["database", storage.location],
  ];
  if (next !== null) rows.push(["next", next]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

function answers(report: RunReport): string {
  const parts = [`${report.right} of ${report.problems} right`];
  if (report.wrong > 0) parts.push(`${report.wrong} wrong`);
  if (report.failed > 0) parts.push(`${report.failed} failed`);
  if (report.cancelled > 0) parts.push(`${report.cancelled} not finished`);
  if (report.inDoubt > 0) parts.push(`${report.inDoubt} in doubt`);
  if (report.badLines > 0) parts.push(`${formatThings(report.badLines, "bad line")} left out`);
  return parts.join(", ");
}

function providerRow(provider: ProviderReport): string {
  const { answered, model, threads, inputTokens, outputTokens } = provider;
  return `${model}: ${formatThings(threads, "conversation")}, ${formatThings(answered, "request")} answered, ${formatCount(inputTokens)} tokens read, ${formatCount(outputTokens)} written`;
}

function stored({ bytes, bytesGrown, versions, versionsAdded }: RunReport["storage"]): string {
  return `${formatThings(versionsAdded, "version")}; ${formatCount(versions)} in all (${formatBytes(bytes)}, ${formatBytes(bytesGrown)} more than before)`;
}

function time({ elapsedMs, optimumMs, utilisation }: RunReport): string {
  const taken = formatDuration(elapsedMs);
  if (optimumMs === null) return taken;
  const best = `${taken}; the limits allow ${formatDuration(optimumMs)} at best`;
  return utilisation === null ? best : `${best}: utilisation ${utilisation.toFixed(2)}`;
}

function total(providers: readonly ProviderReport[], field: (provider: ProviderReport) => number): number {
  return providers.reduce((all, provider) => all + field(provider), 0);
}
