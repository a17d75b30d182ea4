import type { ProviderName } from "@minference/clients";
import { usageError } from "@minference/command-line";
import type { DoubtPolicy } from "@minference/threads";
import type { ModelChoice } from "./command.ts";

/** The names of all providers, without what talks to them: a command line is refused before that is loaded. */
const providers: Readonly<Record<ProviderName, true>> = {
  openai: true,
  azure_openai: true,
  anthropic: true,
  vllm: true,
  litellm: true,
  openrouter: true,
};

/** Reads a whole number between bounds. */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const bound = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw usageError(`--${option} needs a whole number ${bound}, not ${JSON.stringify(text)}`);
}

/** Reads a number above 0. */
export function positiveNumber(option: string, text: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && Number.isFinite(value)) return value;
  throw usageError(`--${option} needs a number above 0, not ${JSON.stringify(text)}`);
}

/** Reads provider names apart by commas; `both` is openai and anthropic. */
export function providerList(text: string): readonly ProviderName[] {
  const chosen = new Set<ProviderName>();
  for (const part of text.split(",").map((name) => name.trim())) {
    if (part === "both") {
      chosen.add("openai").add("anthropic");
      continue;
    }
    const name = providerNamed(part);
    if (name === undefined)
      throw usageError(`--provider ${JSON.stringify(part)} is unknown; choose from both, ${Object.keys(providers).join(", ")}`);
    chosen.add(name);
  }
  return [...chosen];
}

/** Reads `MODEL` or `PROVIDER=MODEL`; a model whose own name holds a `=` needs its provider before it. */
export function modelChoice(text: string): ModelChoice {
  const separator = text.indexOf("=");
  const named = text.slice(0, Math.max(0, separator));
  const provider = separator === -1 ? null : providerNamed(named);
  if (provider === undefined)
    throw usageError(`--model ${JSON.stringify(named)}=… names no provider; choose from ${Object.keys(providers).join(", ")}`);
  const model = text.slice(separator + 1);
  if (model.trim() === "") throw usageError("--model needs a name, as in --model NAME or --model openai=NAME");
  return { provider, model };
}

/** Reads the id of a run, or the beginning of one. */
export function runId(text: string): string {
  if (/^[0-9a-f-]{1,36}$/i.test(text)) return text;
  throw usageError("--resume needs the id of a run, or the beginning of one, as pnpm demo runs shows it");
}

/** Reads what is to be done about requests in doubt. */
export function doubtPolicy(text: string): DoubtPolicy {
  if (text === "ask" || text === "retry" || text === "fail") return text;
  throw usageError(`--on-doubt needs ask, retry or fail, not ${JSON.stringify(text)}`);
}

/** Reads an http or https address; the error does not repeat it, for it may hold a password. */
export function httpUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usageError(`--${option} needs an http or https address, as in http://127.0.0.1:8000/v1`);
  if (url.username !== "" || url.password !== "")
    throw usageError(`--${option} must not hold a name or a password; give the key in the environment`);
  return text;
}

function providerNamed(text: string): ProviderName | undefined {
  return isProviderName(text) ? text : undefined;
}

function isProviderName(text: string): text is ProviderName {
  return Object.hasOwn(providers, text);
}
