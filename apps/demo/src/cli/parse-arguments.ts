import { parseArgs } from "node:util";
import { usageError } from "@minference/command-line";
import { defaultStorage, parseStorageLocation } from "../storage/storage-location.ts";
import type { Command } from "./command.ts";
import { doubtPolicy, httpUrl, modelChoice, positiveNumber, providerList, runId, wholeNumber } from "./option-values.ts";

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

const options = {
  input: text,
  limit: text,
  storage: text,
  provider: text,
  model: { type: "string", multiple: true },
  "base-url": text,
  "requests-per-minute": text,
  "tokens-per-minute": text,
  port: text,
  seed: text,
  simulate: flag,
  "keep-going": flag,
  json: flag,
  log: text,
  resume: text,
  "on-doubt": text,
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/** The options that belong to a command of its own, besides `--storage` and `--json`. */
const optionsOf = { run: null, list: ["limit"], runs: ["limit"], show: [], history: [], diff: [] } as const;

const optionsOfResume = new Set(["resume", "on-doubt", "storage", "port", "json", "log"]);

const operandsOf = { run: [], list: [], runs: [], show: ["THREAD"], history: ["THREAD"], diff: ["FROM", "TO"] } as const;

type CommandName = keyof typeof operandsOf;

/** Reads the arguments behind the program's name. Throws a `CommandError` with exit code 2 when they make no sense. */
export function parseArguments(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help === true) return { name: "help" };
  if (values.version === true) return { name: "version" };

  const [first = "run", ...operands] = positionals;
  const name = commandNamed(first);
  checkOptions(name, Object.keys(values));
  const [operand, second] = checkOperands(name, operands);
  const storage = parseStorageLocation(values.storage ?? defaultStorage);
  const json = values.json ?? false;
  const limit = values.limit === undefined ? null : wholeNumber("limit", values.limit, 1, Number.MAX_SAFE_INTEGER);

  switch (name) {
    case "list":
    case "runs":
      return { name, storage, limit, json };
    case "show":
    case "history":
      return { name, storage, thread: operand, json };
    case "diff":
      return { name, storage, from: operand, to: second, json };
    case "run": {
      const port = values.port === undefined ? 0 : wholeNumber("port", values.port, 0, 65535);
      const log = values.log ?? null;
      if (log === "") throw usageError("--log needs the name of a file");
      if (values.resume !== undefined) {
        const foreign = Object.keys(values).find((option) => !optionsOfResume.has(option));
        if (foreign !== undefined) throw usageError(`--${foreign} does not go with --resume: a run goes on as it was begun`);
        return { name: "resume", run: runId(values.resume), onDoubt: doubtPolicy(values["on-doubt"] ?? "retry"), storage, port, json, log };
      }
      if (values["on-doubt"] !== undefined) throw usageError("--on-doubt goes with --resume");
      if (values.simulate === true && values["base-url"] !== undefined)
        throw usageError("--base-url does not go with --simulate: nothing would be sent there");
      return {
        name,
        input: values.input ?? null,
        limit,
        storage,
        providers: values.provider === undefined ? null : providerList(values.provider),
        models: (values.model ?? []).map(modelChoice),
        baseUrl: values["base-url"] === undefined ? null : httpUrl("base-url", values["base-url"]),
        requestsPerMinute: optionalNumber("requests-per-minute", values["requests-per-minute"]),
        tokensPerMinute: optionalNumber("tokens-per-minute", values["tokens-per-minute"]),
        port,
        simulate: values.simulate ?? false,
        seed: values.seed === undefined ? 1 : wholeNumber("seed", values.seed, 0, 2 ** 32 - 1),
        keepGoing: values["keep-going"] ?? false,
        json,
        log,
      };
    }
  }
}

function parse(args: readonly string[]) {
  const given = args[0] === "--" ? args.slice(1) : args;
  try {
    return parseArgs({ args: joinNegativeNumbers(given), options, allowPositionals: true, strict: true });
  } catch (error) {
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
      throw usageError(error.message.split(/\n|\. /, 1)[0]?.replace(/\.$/, "") ?? error.message);
    throw error;
  }
}

/** Lets `--limit -5` be complained about as a number instead of as an option. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = joined.at(-1);
    if (/^-\d/.test(arg) && option !== undefined && /^--[a-z-]+$/.test(option)) joined[joined.length - 1] = `${option}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function commandNamed(text: string): CommandName {
  switch (text) {
    case "run":
    case "list":
    case "runs":
    case "show":
    case "history":
    case "diff":
      return text;
    default:
      throw usageError(`There is no command ${JSON.stringify(text)}; choose from ${Object.keys(operandsOf).join(", ")}`);
  }
}

function checkOptions(name: CommandName, given: readonly string[]): void {
  const own: readonly string[] | null = optionsOf[name];
  const foreign = given.find((option) => own !== null && !["storage", "json", ...own].includes(option));
  if (foreign !== undefined) throw usageError(`--${foreign} does not go with ${name}`);
}

function checkOperands(name: CommandName, operands: readonly string[]): readonly [string, string] {
  const wanted: readonly string[] = operandsOf[name];
  const given = operands.findIndex((operand) => operand.trim() === "");
  const missing = wanted[given === -1 ? operands.length : given];
  if (missing !== undefined) throw usageError(`${name} needs ${wanted.join(" ")}: an id of a thread, as demo list shows it`);
  const extra = operands[wanted.length];
  if (extra !== undefined) throw usageError(`${JSON.stringify(extra)} is one argument too many for ${name}`);
  return [operands[0] ?? "", operands[1] ?? ""];
}

function optionalNumber(option: string, text: string | undefined): number | null {
  return text === undefined ? null : positiveNumber(option, text);
}
