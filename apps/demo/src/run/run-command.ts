import { randomUUID } from "node:crypto";
import { CommandError } from "@minference/command-line";
import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { CallableRegistry, CallableTool, type DoubtPolicy } from "@minference/threads";
import { checkWorkedSolution, type Problem, registerCalculator } from "@minference/word-problems";
import type { RunCommand } from "../cli/command.ts";
import { escapeForTerminal } from "../display/escape.ts";
import { formatCount, formatThings } from "../display/quantities.ts";
import { summary } from "../display/summary.ts";
import type { Log } from "../log/open-log.ts";
import { planProviders } from "../providers/plan-providers.ts";
import type { ProviderPlan } from "../providers/provider-plan.ts";
import { openStorage } from "../storage/open-storage.ts";
import { describeStorage } from "../storage/storage-location.ts";
import { type ActiveProvider, activateProviders, type Closer } from "./active-provider.ts";
import { conduct } from "./conduct.ts";
import { makeConversations } from "./conversation.ts";
import { countStoredVersions } from "./count-stored-versions.ts";
import { describeBadLine, loadProblems } from "./load-problems.ts";
import { makeReport } from "./make-report.ts";
import { failureLines, nextCommand, resumeCommandLine } from "./next-steps.ts";
import type { RunReport } from "./run-report.ts";
import { fingerprintOf, type RunSettings, settingsOf } from "./run-settings.ts";
import type { Terminal } from "./terminal.ts";

/** Loaded when it is asked for: others do not wait for it. */
const loadLog = () => import("../log/open-log.ts");

const exitCodes = { done: 0, failed: 1, interrupted: 130 } as const;

/** A run that is gone on with. */
export interface ResumedRun {
  readonly storage: EntityStorage;
  readonly runId: string;
  readonly onDoubt: DoubtPolicy;
  readonly settings: RunSettings;
}

/** Solves problems and tells what came of it. Resolves with the exit code; rejects with a `CommandError` when it can't start. */
export async function runCommand(command: RunCommand, terminal: Terminal): Promise<number> {
  const closers: Closer[] = [];
  try {
    return await solve(command, terminal, closers, null);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** As {@link runCommand}, also what is left of a run. Adds to `closers` what lets go of what it uses, in reverse order. */
export async function solve(command: RunCommand, terminal: Terminal, closers: Closer[], resumed: ResumedRun | null): Promise<number> {
  const { environment, signal, stderr, stdout } = terminal;
  const plans = planProviders(command, environment);
  const check = plans.some(({ config }) => config === null) ? checkWorkedSolution : () => null;
  const { badLines, problems } = await loadProblems(command, check);
  if (resumed !== null) checkSame(resumed, plans, problems);
  const log = await openLogOf(command, terminal);
  if (log !== null) closers.push(() => log.close());
  const logger = log?.logger ?? null;
  const observed = logger === null ? {} : { logger };
  const storage = resumed?.storage ?? (await openStorage(command.storage));
  if (resumed === null) closers.push(() => storage.close());
  const providers = await activateProviders(plans, problems, command, closers);
  for (const bad of badLines) stderr.write(`${describeBadLine(command.input ?? "", bad)}\n`);
  stderr.write(`${startLines(providers, problems.length, describeStorage(command.storage))}\n`);
  if (signal.aborted) return exitCodes.interrupted;

  const before = await storage.statistics();
  const callables = new CallableRegistry();
  const conversations = makeConversations(problems, plans, registerCalculator(callables));
  const registry = new EntityRegistry(storage, { ...observed, entities: [CallableTool] });
  const metadata = settingsOf(command, plans, problems);
  const commandToResume = (runId: string): string => resumeCommandLine(runId, command.storage);
  const ensemble = { registry, callables, providers, conversations, logger, metadata, resume: resumed, commandToResume };
  const { result, versions } = await countStoredVersions(() => conduct(ensemble, terminal));
  const report = makeReport({
    result,
    conversations,
    providers,
    badLines: badLines.length,
    interrupted: signal.aborted,
    storage: {
      location: describeStorage(command.storage),
      versionsAdded: versions,
      before,
      after: await storage.statistics(),
    },
  });
  for (const line of failureLines(report)) stderr.write(`${line}\n`);
  stdout.write(command.json ? `${JSON.stringify(report, null, 2)}\n` : summary(report, nextCommand(report, command.storage)));
  return exitCodes[ending(report)];
}

/** Refuses to go on with a run when what it was begun with has changed. */
function checkSame({ runId, settings }: ResumedRun, plans: readonly ProviderPlan[], problems: readonly Problem[]): void {
  if (fingerprintOf(problems) !== settings.problems) {
    throw new CommandError(`The problems of the run ${runId} have changed since; put ${escapeForTerminal(settings.input ?? "them")} back`);
  }
  for (const [index, { label, provider }] of settings.providers.entries()) {
    if (plans[index]?.label !== label)
      throw new CommandError(`The run ${runId} was begun with ${label}: set the key or address of ${provider} as it was then`);
  }
}

async function openLogOf(command: RunCommand, { stderr }: Terminal): Promise<Log | null> {
  if (command.log === null) return null;
  const { openLog } = await loadLog();
  return openLog(command.log, randomUUID(), (reason) => stderr.write(`The log ${command.log} ends here: ${reason}; the run goes on\n`));
}

/** Wrong answers of a real model are a result; those of the simulated one, which knows the answers, are a failure. */
function ending(report: RunReport): keyof typeof exitCodes {
  if (report.interrupted) return "interrupted";
  const simulated = new Set(report.providers.filter((provider) => provider.simulated).map(({ label }) => label));
  const failed = report.threads.some(
    ({ provider, result }) => result === "failed" || result === "in doubt" || (result === "wrong" && simulated.has(provider)),
  );
  return failed || report.badLines > 0 ? "failed" : "done";
}

function startLines(providers: readonly ActiveProvider[], problems: number, database: string): string {
  const lines = providers.map(({ address, limits, plan }) => {
    const allowed =
      limits === null
        ? "limits as its headers tell"
        : `${formatCount(limits.requestsPerMinute)} requests and ${formatCount(limits.tokensPerMinute)} tokens a minute`;
    return `${plan.label}: ${plan.model} at ${address}, ${allowed}`;
  });
  return [...lines, `${formatThings(problems, "problem")}, stored in ${database}`].join("\n");
}
