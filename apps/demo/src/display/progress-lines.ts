import type { ProviderSnapshot } from "../run/provider-progress.ts";
import { formatCount, formatDuration } from "./quantities.ts";

/** Draws the state of a run for a terminal `width` columns wide: a bar, and a line a provider. */
export function progressLines(providers: readonly ProviderSnapshot[], elapsedMs: number, width: number): readonly string[] {
  const total = sum(providers, ({ threads }) => threads);
  const ended = sum(providers, (provider) => provider.ended);
  const label = Math.max(...providers.map((provider) => provider.label.length));
  const lines = [
    `${bar(ended, total, 30)} ${ended} of ${total} done, ${formatDuration(elapsedMs)}`,
    ...providers.map((provider) => `${provider.label.padEnd(label)}  ${provider.ended} of ${provider.threads} done, ${state(provider)}`),
  ];
  return lines.map((line) => line.slice(0, Math.max(1, width - 1)));
}

/** Writes the state of a run as one line, for logs. */
export function progressLine(providers: readonly ProviderSnapshot[], elapsedMs: number): string {
  const add = (field: (provider: ProviderSnapshot) => number): number => sum(providers, field);
  const all = {
    running: add(({ running }) => running),
    waiting: add(({ waiting }) => waiting),
    refused: add(({ refused }) => refused),
    inputTokens: add(({ inputTokens }) => inputTokens),
    outputTokens: add(({ outputTokens }) => outputTokens),
    rate: add(({ rate }) => rate),
  };
  return `${formatDuration(elapsedMs)}: ${add(({ ended }) => ended)} of ${add(({ threads }) => threads)} done, ${state(all)}`;
}

function state(provider: Pick<ProviderSnapshot, "running" | "waiting" | "refused" | "inputTokens" | "outputTokens" | "rate">): string {
  const { running, waiting, refused, inputTokens, outputTokens, rate } = provider;
  return `${running} running, ${waiting} waiting, ${refused} refused, ${formatCount(inputTokens + outputTokens)} tokens, ${rate.toFixed(1)} requests/s`;
}

function bar(done: number, total: number, width: number): string {
  const filled = total === 0 ? width : Math.floor((done / total) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}

function sum(providers: readonly ProviderSnapshot[], field: (provider: ProviderSnapshot) => number): number {
  return providers.reduce((all, provider) => all + field(provider), 0);
}
