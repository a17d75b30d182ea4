import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toAnthropicRequest } from "../src/anthropic/to-anthropic-request.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { openaiQuirks } from "../src/openai/openai-quirks.ts";
import { toOpenaiRequest } from "../src/openai/to-openai-request.ts";
import { calculatorConversation } from "./calculator-conversation.ts";
import { conversationOn } from "./conversations.ts";

const schema = { type: "object", properties: { a: { type: "number" }, b: { type: "string" } }, required: ["a"] };
const format = { type: "json_schema", name: "answer", schema, strict: true } as const;

/** Requests with every option, beside random conversations. */
const chosen: readonly ChatRequest[] = [
  calculatorConversation,
  { ...calculatorConversation, toolChoice: { name: "add" }, stop: ["END"], seed: 1, metadata: { userId: "u" } },
  { ...calculatorConversation, responseFormat: format, useCache: true },
  { ...calculatorConversation, maxTokens: 4000, reasoning: { effort: "high" } },
];

async function complaintsOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(import.meta.dirname, "typed-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const base = join(import.meta.dirname, "../../../tooling/typescript/base.json");
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ extends: base, files: Object.keys(files) }));
    return await promisify(execFile)("tsc", ["-p", directory]).then(
      () => "",
      (error: { stdout: string }) => error.stdout,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A program that only compiles if each body is what the SDK's type says, with no field it does not know. */
function programOf(sdk: string, type: string, bodies: readonly object[]): string {
  const list = bodies.map((body) => JSON.stringify(body)).join(",\n");
  return `import type SDK from "${sdk}";\nexport const bodies: SDK.${type}[] = [\n${list},\n];\n`;
}

const samples = { numRuns: 60, seed: 7 } as const;

test("what is sent is what the providers' published types say, field by field", async () => {
  const openai = [...chosen, ...fc.sample(conversationOn("openai"), samples)].map((request) => {
    return toOpenaiRequest(request, openaiQuirks.openai);
  });
  const anthropic = [...chosen, ...fc.sample(conversationOn("anthropic"), samples)].map((request) => {
    // Earlier models take a temperature and top_p, which the type no longer has.
    const { temperature: _, topP: __, ...rest } = request;
    return toAnthropicRequest(rest);
  });
  const files = {
    "openai.ts": programOf("openai", "ChatCompletionCreateParamsNonStreaming", openai),
    "anthropic.ts": programOf("@anthropic-ai/sdk", "MessageCreateParamsNonStreaming", anthropic),
    // Shows that the compiler would complain.
    "wrong.ts": programOf("openai", "ChatCompletionCreateParamsNonStreaming", [{ ...openai[0], tempreature: 1 }]),
  };
  const complaints = (await complaintsOf(files)).split("\n").filter((line) => line.includes("error TS"));
  expect(complaints).toEqual([expect.stringMatching(/wrong\.ts\(.*tempreature/)]);
});
