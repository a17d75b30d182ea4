import type { EntityRegistry } from "@minference/ecs";
import {
  CallableRegistry,
  type CallableTool,
  ChatThread,
  InferenceOrchestrator,
  LLMConfig,
  type Outcome,
  SystemPrompt,
} from "@minference/threads";
import {
  checkWorkedSolution,
  finalNumber,
  type Problem,
  readProblems,
  registerCalculator,
  sameNumber,
  scriptedModel,
  solvingInstructions,
} from "@minference/word-problems";
import { type Provider, withProviders, wires } from "../providers.ts";
import { reading } from "../reading.ts";
import { type EvaluationReport, serverTotals } from "../report.ts";

/** How word problems are put to the providers. */
export interface Gsm8kSetting {
  readonly path: string;
  /** The most problems. */
  readonly limit: number;
  /** What each provider allows. */
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly medianLatencyMs: number;
}

const suite = "gsm8k";

/**
 * Solves word problems with a calculator, dealt out to two providers with limits, all at once, and grades the answers. What is unusable is a
 * line whose worked solution has a mistake: the scripted model refuses results that are not its own.
 */
export async function evaluateGsm8k(setting: Gsm8kSetting, registry: EntityRegistry): Promise<EvaluationReport> {
  const { limit, medianLatencyMs, path, requestsPerMinute, tokensPerMinute } = setting;
  const { badLines, problems } = await reading(path, () => readProblems(path, limit, checkWorkedSolution));
  const script = scriptedModel(problems);
  const limits = { requestsPerMinute, tokensPerMinute };
  return withProviders({ script, limits, latency: { medianMs: medianLatencyMs } }, async (providers) => {
    const callables = new CallableRegistry();
    const threads = makeThreads(problems, registerCalculator(callables));
    const clients = Object.fromEntries(providers.map(({ client, wire }) => [wire, client]));
    const startedAt = performance.now();
    const outcomes = await new InferenceOrchestrator({ registry, clients, callables, maxSteps: 30 }).runParallel(threads);
    const elapsedMs = performance.now() - startedAt;
    const results = outcomes.map((outcome, index) => ({ outcome, reason: grade(outcome, problems[index]) }));
    const wrong = results.flatMap(({ outcome, reason }) =>
      reason === null ? [] : [{ id: outcome.thread.name ?? "", wire: outcome.thread.llmConfig.client, reason }],
    );
    const server = serverTotals(providers);
    const flawless = wrong.length === 0 && server.refused === 0 && server.duplicates === 0;
    return {
      suite,
      problems: problems.length + badLines.length,
      unusable: badLines.map(({ line, reason }) => ({ id: `line ${line}`, reason })),
      conversations: outcomes.length,
      right: outcomes.length - wrong.length,
      turns: outcomes.length,
      calls: threads.reduce((sum, { history }) => sum + history.filter(({ role }) => role === "tool").length, 0),
      wrong,
      server,
      elapsedMs,
      utilisation: flawless ? optimumMs(providers) / elapsedMs : null,
    };
  });
}

function makeThreads(problems: readonly Problem[], calculator: CallableTool): readonly ChatThread[] {
  const systemPrompt = new SystemPrompt({ name: "word problems", content: solvingInstructions });
  const configs = wires.map((client) => LLMConfig.create({ client, model: "simulated", maxTokens: 800, responseFormat: "auto_tools" }));
  return problems.flatMap(({ line, question }, index) => {
    const llmConfig = configs[index % configs.length];
    if (llmConfig === undefined) return [];
    return [ChatThread.create({ name: `${suite} ${line}`, systemPrompt, llmConfig, tools: [calculator], newMessage: question })];
  });
}

/** Tells why an answer is not right; null when it is. */
function grade(outcome: Outcome, problem: Problem | undefined): string | null {
  if (outcome.status !== "completed") return outcome.status === "failed" ? outcome.error.message : outcome.status;
  const answered = finalNumber(outcome.answer.content);
  if (answered !== null && problem !== undefined && sameNumber(answered, problem.answer)) return null;
  return `answered ${answered}, not ${problem?.answer}`;
}

/** The providers work beside each other: the one that needs longest counts. */
function optimumMs(providers: readonly Provider[]): number {
  return Math.max(...providers.map((provider) => provider.optimumMs() ?? Number.NaN));
}
