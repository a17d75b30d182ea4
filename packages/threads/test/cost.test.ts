import type { Commit } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { expect, test } from "vitest";
import { makeBench } from "./support/bench.ts";
import { failingStorage } from "./support/failing-storage.ts";

/** The size of what a commit writes. */
function bytesOf(commits: readonly Commit[]): number {
  return commits.reduce((sum, { versions }) => sum + JSON.stringify(versions).length, 0);
}

test.each([
  ["without a ledger", false, 4],
  ["with a ledger", true, 6],
])(
  "%s the 100th turn stores what the 5th stored: the new messages and outputs, nothing of the history",
  async (_, ledger, commitsATurn) => {
    let commits: Commit[] = [];
    const storage = failingStorage(new MemoryStorage(), (commit) => {
      commits.push(commit);
      return false;
    });
    const bench = makeBench(
      ({ request }) =>
        request.messages.at(-1)?.role === "tool"
          ? { text: "the sum is 3", outputTokens: 5 }
          : { toolCalls: [{ id: "call", name: "add", arguments: { a: 1, b: 2 } }], outputTokens: 9 },
      { storage, ledger },
    );
    const thread = bench.thread("auto_tools");
    const turns: { bytes: number; versions: number; commits: number }[] = [];
    for (let turn = 1; turn <= 100; turn += 1) {
      commits = [];
      thread.newMessage = "What is 1 + 2?";
      await bench.orchestrator.runParallel([thread]);
      turns.push({
        bytes: bytesOf(commits),
        versions: commits.reduce((sum, { versions }) => sum + versions.length, 0),
        commits: commits.length,
      });
    }
    const [early, late] = [turns[4], turns[99]];
    if (early === undefined || late === undefined) throw new Error("turns are missing");
    expect(late).toMatchObject({ versions: early.versions, commits: commitsATurn });
    expect(late.bytes / early.bytes).toBeLessThan(1.05);
  },
);
