import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { providerNames } from "@minference/clients";
import type { JsonValue } from "@minference/ecs";
import * as z from "zod";
import type { ResumeCommand, RunCommand } from "../cli/command.ts";
import type { Problem } from "@minference/word-problems";
import type { ProviderPlan } from "../providers/provider-plan.ts";

/** What is stored beside a run, so that it can be gone on with. It holds no key. */
const runSettings = z.object({
  input: z.string().nullable(),
  limit: z.int().nullable(),
  models: z.array(z.object({ provider: z.enum(providerNames).nullable(), model: z.string() })),
  baseUrl: z.string().nullable(),
  requestsPerMinute: z.number().nullable(),
  tokensPerMinute: z.number().nullable(),
  simulate: z.boolean(),
  seed: z.int(),
  keepGoing: z.boolean(),
  /** The providers by which the problems were dealt out. */
  providers: z.array(z.object({ provider: z.enum(providerNames), label: z.string() })),
  /** Tells whether the problems are still the same. */
  problems: z.string(),
});

/** What is stored beside a run. */
export type RunSettings = z.output<typeof runSettings>;

/** Writes down how a run was begun. */
export function settingsOf(command: RunCommand, plans: readonly ProviderPlan[], problems: readonly Problem[]): JsonValue {
  const { baseUrl, input, keepGoing, limit, models, requestsPerMinute, seed, simulate, tokensPerMinute } = command;
  return {
    input: input === null ? null : resolve(input),
    limit,
    models: models.map(({ model, provider }) => ({ model, provider })),
    baseUrl,
    requestsPerMinute,
    tokensPerMinute,
    simulate,
    seed,
    keepGoing,
    providers: plans.map(({ label, provider }) => ({ label, provider })),
    problems: fingerprintOf(problems),
  };
}

/** Reads how a run was begun; null for one that this program did not begin. */
export function readSettings(metadata: JsonValue): RunSettings | null {
  return runSettings.safeParse(metadata).data ?? null;
}

/** The command that began a run, to be carried out again on what is left of it. */
export function commandOf({ providers, ...settings }: RunSettings, { json, log, port, storage }: ResumeCommand): RunCommand {
  return { name: "run", ...settings, providers: providers.map(({ provider }) => provider), storage, port, json, log };
}

/** Tells lists of problems apart. */
export function fingerprintOf(problems: readonly Problem[]): string {
  const text = JSON.stringify(problems.map(({ answer, line, question }) => [line, question, answer]));
  return createHash("sha256").update(text).digest("hex");
}
