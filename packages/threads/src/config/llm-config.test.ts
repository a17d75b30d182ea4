import { providerNames } from "@minference/clients";
import { EntityError } from "@minference/ecs";
import { expect, test } from "vitest";
import { ThreadError } from "../errors/thread-error.ts";
import { continuesAnswers, formatSupport } from "./format-support.ts";
import { LLMConfig } from "./llm-config.ts";
import { responseFormats } from "./response-format.ts";

test("has the documented defaults", () => {
  expect(new LLMConfig({ client: "openai" })).toMatchObject({
    client: "openai",
    model: null,
    maxTokens: 400,
    temperature: 0,
    responseFormat: "text",
    useCache: true,
    reasoner: false,
    reasoningEffort: "medium",
    vllm: null,
  });
});

test.each([
  ["an unknown response format", { client: "openai", responseFormat: "yaml" }],
  ["no tokens", { client: "openai", maxTokens: 0 }],
  ["half a token", { client: "openai", maxTokens: 1.5 }],
  ["a temperature below 0", { client: "openai", temperature: -0.1 }],
  ["a temperature above 2", { client: "openai", temperature: 2.1 }],
  ["an effort nobody knows", { client: "openai", reasoningEffort: "utmost" }],
  ["a nameless client", { client: "" }],
  ["two forms for vLLM at once", { client: "vllm", vllm: { guided: { regex: "a", choice: ["a"] } } }],
  ["no choice for vLLM", { client: "vllm", vllm: { guided: { choice: [] } } }],
  ["an option that vLLM does not have", { client: "vllm", vllm: { guidedRegex: "a" } }],
])("refuses %s", (_, input) => {
  // @ts-expect-error -- some of these are refused by the compiler as well
  expect(() => LLMConfig.create(input)).toThrow(EntityError);
});

test("an assignment is checked like the constructor's values", () => {
  const config = new LLMConfig({ client: "openai" });
  expect(() => (config.temperature = 3)).toThrow(/temperature/);
  expect(config.temperature).toBe(0);
});

test.each([
  ["a temperature above 1", { temperature: 1.5 }, /temperature 1.5/],
  ["thinking before a forced tool", { reasoner: true, responseFormat: "tool" }, /forced tool call/],
  ["thinking before the forced tools of a workflow", { reasoner: true, responseFormat: "workflow" }, /forced tool call/],
  ["thinking before a begun answer", { reasoner: true, responseFormat: "json_beg" }, /answer that the request begins/],
  ["a JSON mode", { responseFormat: "json_object" }, /no JSON mode/],
] as const)("anthropic with %s is refused with the reason", (_, input, reason) => {
  expect(() => LLMConfig.create({ ...input, client: "anthropic" })).toThrow(reason);
  expect(() => LLMConfig.create({ ...input, client: "openai" })).not.toThrow();
  const renamed = LLMConfig.create({ ...input, client: "mine" });
  expect(() => renamed.check("anthropic")).toThrow(reason);
});

test.each(providerNames)("%s: what is refused when a configuration is made is what the table says", (client) => {
  for (const responseFormat of responseFormats) {
    for (const reasoner of [false, true]) {
      const support = formatSupport(client, responseFormat);
      const refused = "refusal" in support || (reasoner && support.reasonerRefusal !== null);
      const make = (): LLMConfig => LLMConfig.create({ client, responseFormat, reasoner });
      if (refused) expect(make).toThrow(ThreadError);
      else expect(make).not.toThrow();
    }
  }
});

test.each([
  ["claude-3-7-sonnet-latest", true],
  ["claude-opus-4-1-20250805", true],
  ["claude-sonnet-4-20250514", true],
  ["claude-haiku-4-5", true],
  ["claude-opus-4-6", false],
  ["claude-sonnet-5", false],
  ["of-another-kind", true],
])("%s goes on with a begun answer: %s", (model, continues) => {
  for (const provider of ["anthropic", "litellm"] as const) expect(continuesAnswers(provider, model)).toBe(continues);
  expect(continuesAnswers("openai", model)).toBe(false);
  const make = (): LLMConfig => LLMConfig.create({ client: "anthropic", model, responseFormat: "json_beg", reasoner: true });
  if (continues) expect(make).toThrow(/begins/);
  else expect(make).not.toThrow();
});

test("what only vLLM takes is refused for others, and where two settings contradict each other, with the reason", () => {
  const vllm = { guided: { choice: ["yes", "no"] } };
  for (const provider of providerNames) {
    const make = () => LLMConfig.create({ client: provider, vllm });
    if (provider === "vllm") expect(make()).toMatchObject({ vllm });
    else expect(make).toThrow(`only vllm takes the options in vllm, and ${provider} does not`);
  }
  const own = LLMConfig.create({ client: "own", vllm });
  expect(() => own.check("openai")).toThrow(ThreadError);
  for (const responseFormat of ["structured_output", "tool", "workflow"] as const)
    expect(() => LLMConfig.create({ client: "vllm", responseFormat, vllm })).toThrow(`the response format ${responseFormat} both say`);
  const both = { addGenerationPrompt: true, continueFinalMessage: true };
  expect(() => LLMConfig.create({ client: "vllm", vllm: both })).toThrow("exclude each other");
});
