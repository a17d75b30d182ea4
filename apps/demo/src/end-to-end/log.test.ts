import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SimulatedScript, startSimulatedProvider } from "@minference/clients/testing";
import { expect, it } from "vitest";
import * as z from "zod";
import { runDocument } from "../testing/demo-documents.ts";
import { runDemo } from "../testing/demo-process.ts";
import { runHere } from "../testing/run-here.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const cwd = temporaryDirectory();
const canary = (where: string): string => `canary-${where}-wxyz`;
const key = "sk-canary-key-wxyz";

const record = z.looseObject({
  level: z.enum(["debug", "info", "warn", "error"]),
  run: z.uuid(),
  operation: z.string(),
  msg: z.string(),
  correlationId: z.uuid().optional(),
  entityType: z.string().optional(),
});

/** Says something secret wherever a model or a provider can say something. */
const indiscreet: SimulatedScript = ({ request }) => {
  const [question] = request.messages.flatMap((message) => (message.role === "user" ? message.parts : []));
  const asked = question?.type === "text" ? question.text : "";
  if (asked.includes("refused")) return { refuse: { status: 400, message: canary("error"), type: canary("type") } };
  if (asked.includes("declined")) return { text: canary("declined"), finishReason: "refusal" };
  if (request.messages.some((message) => message.role === "tool")) return { text: `${canary("answer")}\n#### 6` };
  return {
    text: canary("text"),
    reasoning: canary("thought"),
    toolCalls: [
      { name: "calculator", arguments: { expression: "2 * 3", note: canary("argument") } },
      { name: canary("tool"), arguments: {} },
    ],
  };
};

it("--log tells what happened to every conversation, and neither what was said nor a key", async () => {
  await using server = await startSimulatedProvider({ script: indiscreet, apiKeys: [key] });
  const lines = ["solved", "refused", "declined"].map((kind) => ({
    question: `${canary("question")} ${kind}: 2 times 3?`,
    answer: "It is 2 * 3 = <<2*3=6>>6\n#### 6",
  }));
  writeFileSync(join(cwd, "in.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: server.openaiBaseUrl };
  const args = ["--input", "in.jsonl", "--provider", "openai", "--storage", "memory:", "--log", "run.log", "--json"];
  const { code, stderr, stdout } = await runDemo(args, { cwd, env });
  expect(code, stderr).toBe(1);
  expect(runDocument.parse(JSON.parse(stdout))).toMatchObject({ right: 1, failed: 2 });

  const files = readdirSync(cwd).filter((name) => name.startsWith("run."));
  expect(files).toEqual(["run.1.log"]);
  const text = readFileSync(join(cwd, "run.1.log"), "utf8");
  expect(text).not.toMatch(/canary|wxyz/);
  const records = text
    .trimEnd()
    .split("\n")
    .map((line) => record.parse(JSON.parse(line)));
  expect(new Set(records.map(({ run }) => run)).size).toBe(1);

  const threads = new Set(records.flatMap((entry) => (entry.msg === "thread started" ? [entry.correlationId] : [])));
  expect(threads.size).toBe(3);
  const told = Array.from(threads, (thread) => records.filter(({ correlationId }) => correlationId === thread).map(({ msg }) => msg));
  for (const messages of told) expect(messages).toEqual(expect.arrayContaining(["request sent", "commit stored", "entity created"]));
  expect(told.filter((messages) => messages.includes("thread failed"))).toHaveLength(2);
  expect(told.filter((messages) => messages.includes("tool finished"))).toHaveLength(1);
  expect(records.filter(({ level }) => level === "error").map((entry) => entry["code"])).toEqual(
    expect.arrayContaining(["provider", "refused"]),
  );
});

it("--log to a place that can't be written is refused before anything is sent", async () => {
  const { code, stderr } = await runHere(["--storage", "memory:", "--log", "nowhere/run.log"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^demo: Can't write the log nowhere\/run\.log: there is no such file\n$/);
});
