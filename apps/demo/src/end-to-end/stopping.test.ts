import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { expect, it } from "vitest";
import { runDocument, shownList, shownRuns, shownThread } from "../testing/demo-documents.ts";
import { type DemoResult, startDemo } from "../testing/demo-process.ts";
import { runHere } from "../testing/run-here.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const cwd = temporaryDirectory();
const limits = ["--requests-per-minute", "3000", "--tokens-per-minute", "6000000"];

const stored = (name: string): readonly string[] => ["--storage", `sqlite:${join(cwd, name)}`];

/** What a stopped run reported. It has a second to come to its end; on a machine that gives it too little of that, it ends without a report. */
function reportOf({ stdout }: DemoResult, tookMs: number): z.output<typeof runDocument> | null {
  if (stdout === "") expect(tookMs).toBeGreaterThan(900);
  return stdout === "" ? null : runDocument.parse(JSON.parse(stdout));
}

it("ends at once on Ctrl-C, with what is done stored", async () => {
  const storage = stored("stopped.db");
  const demo = startDemo(["--limit", "100", ...storage, "--json"], { cwd });
  await demo.seen(/ [1-9]\d* of 100 done/);
  const stoppedAt = performance.now();
  demo.child.kill("SIGINT");
  const result = await demo.result;
  const tookMs = performance.now() - stoppedAt;
  expect(result.code).toBe(130);
  expect(result.stderr).toContain("Stopping; what is done is stored.");
  const report = reportOf(result, tookMs);
  if (report !== null) {
    expect(report).toMatchObject({ interrupted: true, failed: 0 });
    expect(report.cancelled).toBeGreaterThan(0);
    // Some have come to their end before others began.
    expect(report.right).toBeGreaterThan(0);
    expect(report.providers.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(0);
  }

  const list = shownList.parse(JSON.parse((await runHere(["list", "--limit", "1000", ...storage, "--json"])).stdout));
  expect(list.total).toBe(100);
  expect(list.conversations.some(({ messages }) => messages <= 1)).toBe(true);
  const furthest = list.conversations.toSorted((a, b) => b.messages - a.messages).slice(0, 4);
  for (const { id } of furthest) {
    const { messages } = shownThread.parse(JSON.parse((await runHere(["show", id, ...storage, "--json"])).stdout));
    expect(messages.map(({ role }) => role).slice(0, 2)).toEqual(["user", "assistant"]);
  }
});

it("goes on when it is told to, leaves what is in doubt where it is to ask, and refuses what it can't go on with", async () => {
  const storage = stored("resumed.db");
  const demo = startDemo(["--limit", "40", ...limits, ...storage, "--json"], { cwd });
  await demo.seen(/^run /m);
  const stoppedAt = performance.now();
  demo.child.kill("SIGINT");
  const result = await demo.result;
  const report = reportOf(result, performance.now() - stoppedAt);
  if (report !== null) expect(report.cancelled).toBeGreaterThan(0);
  const id = runIn(result);

  const asked = await runHere(["--resume", id, "--on-doubt", "ask", ...storage, "--json"]);
  const resumed = runDocument.parse(JSON.parse(asked.stdout));
  expect(resumed.right + resumed.inDoubt).toBe(40);
  expect(asked.code).toBe(resumed.inDoubt > 0 ? 1 : 0);
  const again = await runHere(["--resume", id.slice(0, 30), ...storage, "--json"]);
  expect(again.code, again.stderr).toBe(0);
  expect(runDocument.parse(JSON.parse(again.stdout))).toMatchObject({ runId: id, right: 40, inDoubt: 0 });
  const { runs } = shownRuns.parse(JSON.parse((await runHere(["runs", ...storage, "--json"])).stdout));
  expect(runs).toMatchObject([{ runId: id, threads: 40, counts: { completed: 40, sent: 0, in_doubt: 0 } }]);

  expect((await runHere(["--resume", "ffff", ...storage])).stderr).toContain("No run here has the id ffff");
  const keyed = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:9" };
  const elsewhere = await runHere(["--resume", id, ...storage], keyed);
  expect(elsewhere.stderr).toContain("was begun with openai (simulated)");
});

it("lets one of two processes go on with a run, and tells the other", async () => {
  const storage = stored("shared.db");
  const demo = startDemo(["--limit", "20", ...limits, ...storage], { cwd });
  await demo.seen(/^run /m);
  demo.child.kill("SIGKILL");
  const id = runIn(await demo.result);
  const both = await Promise.all([1, 2].map(() => startDemo(["--resume", id, ...storage], { cwd }).result));
  expect(both.map(({ code }) => code)).toContain(0);
  for (const { code, stderr } of both) {
    if (code !== 0) expect(stderr).toMatch(/^demo: another process has just taken over|another process took the run over/m);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  const { runs } = shownRuns.parse(JSON.parse((await runHere(["runs", ...storage, "--json"])).stdout));
  expect(runs).toMatchObject([{ runId: id, counts: { completed: 20 } }]);
});

it("ends at once on a second Ctrl-C", async () => {
  const demo = startDemo(["--limit", "200", "--storage", "memory:"], { cwd });
  await demo.seen(/problems, stored in/);
  demo.child.kill("SIGINT");
  demo.child.kill("SIGINT");
  expect((await demo.result).code).toBe(130);
});

it("says nothing when nobody reads its output any more", async () => {
  const demo = startDemo(["--help"], { cwd });
  demo.child.stdout?.destroy();
  await once(demo.child, "exit");
  expect((await demo.result).stderr).toBe("");
});

it("comes to its end, and tells how it ended, when nobody reads its output any more", async () => {
  const input = join(cwd, "bad.jsonl");
  await writeFile(input, `${JSON.stringify({ question: "How much is 1 + 1?", answer: "<<1+1=2>>2\n#### 2" })}\nnonsense\n`);
  const storage = stored("unread.db");
  const demo = startDemo(["--input", input, "--keep-going", ...storage], { cwd });
  demo.child.stdout?.destroy();
  const { code, stderr } = await demo.result;
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/^\s+at |can't write/im);
  const { runs } = shownRuns.parse(JSON.parse((await runHere(["runs", ...storage, "--json"])).stdout));
  expect(runs).toMatchObject([{ counts: { completed: 1 } }]);
});

function runIn({ stderr }: DemoResult): string {
  return /^run ([0-9a-f-]+)/m.exec(stderr)?.[1] ?? "";
}
