import { parseArgs } from "node:util";
import type { SimulatedLatency } from "@minference/clients/testing";
import { evaluate, evaluations } from "../evaluate.ts";
import { compareHistories } from "../histories/compare-histories.ts";
import { type EvaluationReport, isFlawless, reportText } from "../report.ts";
import { withRegistry } from "../storage/with-registry.ts";

/** What the command prints when it is asked for help, or can't make sense of what it was asked for. */
const helpText = `Usage
  pnpm evaluate NAME --data DIRECTORY --storage WHERE    NAME is one of: all, ${evaluations.join(", ")}
  pnpm evaluate compare --storage WHERE --storage WHERE  compare what two evaluations stored

WHERE is sqlite:FILE, postgres://USER@HOST/DATABASE or memory:. DIRECTORY holds bfcl/, gsm8k/ and mt-bench/, as they are published.

Options
  --limit N                 at most N word problems of gsm8k
  --requests-per-minute N   what each of gsm8k's two providers allows (default 900)
  --tokens-per-minute N     (default 300000)
  --latency MS              the median latency of gsm8k's providers (default 300)
  --json                    print one JSON document
`;

/** What the command is given of its surroundings. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Carries out a command line. Resolves with the exit code: 0 when all is right, 1 when something is not, 2 for a line that makes no sense. */
export async function main(args: readonly string[], { stderr, stdout }: Output): Promise<number> {
  try {
    const { positionals, values } = parse(args);
    const [name = ""] = positionals;
    if (name === "compare") return await compare(values.storage, stdout);
    const chosen = name === "all" ? evaluations : evaluations.filter((each) => each === name);
    const { data } = values;
    const [location] = values.storage;
    if (chosen.length === 0 || positionals.length > 1 || data === undefined || location === undefined) throw new TypeError(helpText);
    const gsm8k = {
      limit: numberOf("limit", values.limit),
      requestsPerMinute: numberOf("requests-per-minute", values["requests-per-minute"]),
      tokensPerMinute: numberOf("tokens-per-minute", values["tokens-per-minute"]),
      medianLatencyMs: numberOf("latency", values.latency) satisfies SimulatedLatency["medianMs"],
    };
    const reports: EvaluationReport[] = [];
    await withRegistry(location, async (registry) => {
      for (const each of chosen) {
        for await (const report of evaluate(each, data, registry, gsm8k)) {
          reports.push(report);
          if (!values.json) stdout.write(reportText(report));
        }
      }
    });
    if (values.json) stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
    return reports.every(isFlawless) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    stderr.write(`${error.message}\n`);
    return 2;
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: "string" },
      storage: { type: "string", multiple: true, default: [] },
      limit: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
      "requests-per-minute": { type: "string", default: "900" },
      "tokens-per-minute": { type: "string", default: "300000" },
      latency: { type: "string", default: "300" },
      json: { type: "boolean", default: false },
    },
  });
}

function numberOf(option: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new TypeError(`--${option} needs a whole number of at least 1`);
}

async function compare([left, right]: readonly string[], stdout: Output["stdout"]): Promise<number> {
  if (left === undefined || right === undefined) throw new TypeError(helpText);
  const { conversations, differences, versions } = await withRegistry(left, (one) =>
    withRegistry(right, (other) => compareHistories(one, other)),
  );
  const verdict = differences.length === 0 ? "identical" : `${differences.length} differ`;
  stdout.write(`${[`${conversations} conversations, ${versions} versions: ${verdict}`, ...differences].join("\n")}\n`);
  return differences.length === 0 ? 0 : 1;
}
