import { ChatThread, LLMConfig, ThreadError } from "@minference/threads";
import { expect, it } from "vitest";
import type { Conversation } from "./conversation.ts";
import { grade } from "./grade.ts";
import { failureLines, nextCommand } from "./next-steps.ts";
import type { RunReport, ThreadReport } from "./run-report.ts";

const location = { kind: "sqlite", path: "x.db" } as const;
const thread = new ChatThread({ llmConfig: new LLMConfig({ client: "openai" }) });
const conversation: Conversation = {
  problem: { line: 1, question: "1 + 1?", explanation: "It is 2.", steps: [], answer: 2 },
  plan: { provider: "openai", label: "openai", model: "m", config: null },
  thread,
};

/** A conversation that failed, or was left, because a request was sent at some time and its answer not stored. */
function doubted(second: number): ThreadReport {
  const message = `a request was sent to openai at 2026-01-01T00:00:0${second}.000Z: run it with onDoubt "retry" to do it once more`;
  const error = new ThreadError("in_doubt", message);
  return grade(conversation, { status: "failed", index: 0, thread, outputs: [], attempts: 0, error });
}

const right: ThreadReport = { line: 2, provider: "openai", id: "v", result: "right", expected: 1, answered: 1, error: null };

function reportOf(threads: readonly ThreadReport[]): RunReport {
  const count = (wanted: string): number => threads.filter(({ result }) => result === wanted).length;
  return {
    runId: "r",
    interrupted: false,
    problems: threads.length,
    right: count("right"),
    wrong: 0,
    failed: count("failed"),
    cancelled: 0,
    inDoubt: count("in doubt"),
    badLines: 0,
    elapsedMs: 1,
    optimumMs: null,
    utilisation: null,
    providers: [],
    storage: { location: "sqlite:x.db", versionsAdded: 0, versions: 0, bytes: 0, bytesGrown: 0 },
    threads,
  };
}

it("tells of doubts in one line, with the option that settles them", () => {
  expect(failureLines(reportOf([doubted(1), doubted(2), right]))).toEqual([
    "openai: a request was sent, and nobody knows whether it was answered; --on-doubt retry sends it once more (2 conversations failed)",
  ]);
});

it("goes on with a run next when something is in doubt, and else looks at a conversation", () => {
  const resume = "pnpm demo --resume r --storage sqlite:x.db";
  expect(nextCommand(reportOf([{ ...right, result: "in doubt" }, right]), location)).toBe(resume);
  expect(nextCommand(reportOf([doubted(1), right]), location)).toBe(resume);
  expect(nextCommand(reportOf([right]), location)).toBe("pnpm demo show v --storage sqlite:x.db");
});
