import { access } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { SimulatedLatency } from "@minference/clients/testing";
import { CommandError, usageError } from "@minference/command-line";
import { EntityError, StorageError } from "@minference/ecs";
import { ThreadError } from "@minference/threads";
import { evaluate, evaluations } from "../evaluate.ts";
import { compareHistories } from "../histories/compare-histories.ts";
import { reading } from "../reading.ts";
import { type EvaluationReport, isFlawless, reportText } from "../report.ts";
import { withRegistry, withStoredRegistry } from "../storage/with-registry.ts";

/** What the command prints when it is asked for help. */
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
  -h, --help                print this

Exit codes: 0 all is right; 1 something is not; 2 the command line makes no sense.
`;

/** All that can be asked for. */
const names = ["all", ...evaluations, "compare"];

/** What the command is given of its surroundings. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Carries out a command line. Resolves with the exit code: 0 when all is right, 1 when something is not, 2 for a line that makes no sense. */
export async function main(args: readonly string[], { stderr, stdout }: Output): Promise<number> {
  try {
    return await carryOut(args, stdout);
  } catch (error) {
    const told = error instanceof CommandError || StorageError.is(error) || EntityError.is(error) || ThreadError.is(error);
    if (!told) throw error;
    stderr.write(`evaluate: ${error.message.replace(/\s*\n\s*/g, " ")}\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

async function carryOut(args: readonly string[], stdout: Output["stdout"]): Promise<number> {
  const { positionals, values } = parse(args);
  if (values.help) {
    stdout.write(helpText);
    return 0;
  }
  const [name, extra] = positionals;
  if (name === undefined) throw usageError(`Nothing to evaluate was named; choose from ${names.join(", ")}`);
  if (extra !== undefined) throw usageError(`${JSON.stringify(extra)} is one argument too many`);
  if (name === "compare") return compare(values.storage, stdout);
  const chosen = name === "all" ? evaluations : evaluations.filter((each) => each === name);
  if (chosen.length === 0) throw usageError(`There is no evaluation ${JSON.stringify(name)}; choose from ${names.join(", ")}`);
  const { data } = values;
  const [location, another] = values.storage;
  if (data === undefined || location === undefined || another !== undefined)
    throw usageError(`${name} needs --data DIRECTORY and one --storage WHERE`);
  const gsm8k = {
    limit: numberOf("limit", values.limit),
    requestsPerMinute: numberOf("requests-per-minute", values["requests-per-minute"]),
    tokensPerMinute: numberOf("tokens-per-minute", values["tokens-per-minute"]),
    medianLatencyMs: numberOf("latency", values.latency) satisfies SimulatedLatency["medianMs"],
  };
  // Before a store is made: where there is nothing to evaluate, none is left behind.
  await reading(data, () => access(data));
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
}

function parse(args: readonly string[]) {
  try {
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
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
      throw usageError(error.message.split(/\n|\. /, 1)[0]?.replace(/\.$/, "") ?? error.message);
    throw error;
  }
}

function numberOf(option: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw usageError(`--${option} needs a whole number of at least 1`);
}

async function compare([left, right, another]: readonly string[], stdout: Output["stdout"]): Promise<number> {
  if (left === undefined || right === undefined || another !== undefined) throw usageError("compare needs --storage WHERE twice");
  const { conversations, differences, versions } = await withStoredRegistry(left, (one) =>
    withStoredRegistry(right, (other) => compareHistories(one, other)),
  );
  const verdict = differences.length === 0 ? "identical" : `${differences.length} differ`;
  stdout.write(`${[`${conversations} conversations, ${versions} versions: ${verdict}`, ...differences].join("\n")}\n`);
  return differences.length === 0 ? 0 : 1;
}
