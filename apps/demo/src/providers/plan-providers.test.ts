import { describe, expect, it } from "vitest";
import { parseArguments } from "../cli/parse-arguments.ts";
import { planProviders } from "./plan-providers.ts";

function plan(args: string, environment: Record<string, string> = {}) {
  const command = parseArguments(args === "" ? [] : args.split(" "));
  if (command.name !== "run") throw new Error("not a run");
  return planProviders(command, environment);
}

describe("planProviders", () => {
  it("simulates both where nothing is configured, and says so in every name", () => {
    expect(plan("")).toEqual([
      { provider: "openai", label: "openai (simulated)", model: "simulated-model", config: null },
      { provider: "anthropic", label: "anthropic (simulated)", model: "simulated-model", config: null },
    ]);
    expect(plan("--provider anthropic --model gpt")).toMatchObject([{ label: "anthropic (simulated)", model: "simulated-gpt" }]);
  });

  it("uses what has a key, and only that", () => {
    expect(plan("", { OPENAI_KEY: "k" })).toEqual([
      { provider: "openai", label: "openai", model: "gpt-4.1-mini", config: { provider: "openai", apiKey: "k", baseUrl: undefined } },
    ]);
    expect(plan("", { ANTHROPIC_API_KEY: "k", OPENAI_API_KEY: "o" }).map(({ label }) => label)).toEqual(["openai", "anthropic"]);
    expect(plan("--simulate", { OPENAI_API_KEY: "k" }).map(({ config }) => config)).toEqual([null, null]);
    expect(plan("--provider both", { OPENAI_API_KEY: "k" }).map(({ label }) => label)).toEqual(["openai", "anthropic (simulated)"]);
  });

  it("reaches a server of one's own with and without a key", () => {
    expect(plan("", { ANTHROPIC_BASE_URL: "http://127.0.0.1:1" })).toMatchObject([
      { label: "anthropic", config: { apiKey: "none", baseUrl: "http://127.0.0.1:1" } },
    ]);
    expect(plan("--base-url http://127.0.0.1:1/v1 --model m")).toMatchObject([
      { label: "openai", model: "m", config: { apiKey: "none", baseUrl: "http://127.0.0.1:1/v1" } },
    ]);
    expect(
      plan("--base-url http://127.0.0.1:1/v1", { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://else", ANTHROPIC_API_KEY: "a" }),
    ).toMatchObject([{ label: "openai", config: { apiKey: "k", baseUrl: "http://127.0.0.1:1/v1" } }]);
  });

  it("hands over limits and models", () => {
    const both = { OPENAI_API_KEY: "k", ANTHROPIC_API_KEY: "a" };
    const plans = plan("--requests-per-minute 30 --model m --model anthropic=c", both);
    expect(plans.map(({ model }) => model)).toEqual(["m", "c"]);
    expect(plans.map(({ config }) => config?.limits)).toEqual([{ requestsPerMinute: 30 }, { requestsPerMinute: 30 }]);
  });

  it.each([
    ["--provider vllm", {}, "vllm can't be simulated"],
    ["--provider vllm", { VLLM_ENDPOINT: "http://127.0.0.1:1/v1" }, "vllm needs a model: --model vllm=NAME"],
    ["--provider both --base-url http://127.0.0.1:1", {}, "--base-url goes with one provider"],
    ["--provider openai --model anthropic=c", {}, "is for a provider that is not used"],
  ])("refuses %j", (args, environment, message) => {
    expect(() => plan(args, environment)).toThrow(message);
  });
});
