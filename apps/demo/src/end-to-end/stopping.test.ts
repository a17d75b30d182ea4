import { once } from "node:events";
import { expect, it } from "vitest";
import { runDocument, shownList, shownRuns, shownThread } from "../testing/demo-documents.ts";
import { runDemo, startDemo } from "../testing/demo-process.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const cwd = temporaryDirectory();

it("ends at once on Ctrl-C, with what is done stored", async () => {
  const demo = startDemo(["--limit", "200", "--storage", "sqlite:stopped.db", "--json"], { cwd });
  await demo.seen(/ [1-9]\d* of 200 done/);
  const stoppedAt = performance.now();
  demo.child.kill("SIGINT");
  const { code, stderr, stdout } = await demo.result;
  // Its limits would let the run go on for three times as long; how much less it takes is up to the machine.
  expect(performance.now() - stoppedAt).toBeLessThan(10_000);
  expect(code).toBe(130);
  expect(stderr).toContain("Stopping; what is done is stored.");
  const report = runDocument.parse(JSON.parse(stdout));
  expect(report).toMatchObject({ interrupted: true, failed: 0 });
  expect(report.cancelled).toBeGreaterThan(0);

  const answered = report.providers.reduce((sum, { requests }) => sum + requests, 0);
  expect(answered).toBeGreaterThan(0);
  const list = shownList.parse(
    JSON.parse((await runDemo(["list", "--limit", "1000", "--storage", "sqlite:stopped.db", "--json"], { cwd })).stdout),
  );
  expect(list.total).toBe(200);
  // Some have come to their end before others began.
  expect(report.right).toBeGreaterThan(0);
  expect(list.conversations.some(({ messages }) => messages <= 1)).toBe(true);
  const furthest = list.conversations.toSorted((a, b) => b.messages - a.messages).slice(0, 4);
  const shown = await Promise.all(
    furthest.map(async ({ id }) =>
      shownThread.parse(JSON.parse((await runDemo(["show", id, "--storage", "sqlite:stopped.db", "--json"], { cwd })).stdout)),
    ),
  );
  for (const { messages } of shown) expect(messages.map(({ role }) => role).slice(0, 2)).toEqual(["user", "assistant"]);
});

it("goes on when it is told to, leaves what is in doubt where it is to ask, and refuses what it can't go on with", async () => {
  const storage = ["--storage", "sqlite:resumed.db"];
  const limits = ["--requests-per-minute", "3000", "--tokens-per-minute", "6000000"];
  const demo = startDemo(["--limit", "40", ...limits, ...storage, "--json"], { cwd });
  await demo.seen(/^run /m);
  demo.child.kill("SIGINT");
  const stopped = runDocument.parse(JSON.parse((await demo.result).stdout));
  expect(stopped.cancelled).toBeGreaterThan(0);
  const id = stopped.runId ?? "";

  const asked = await runDemo(["--resume", id, "--on-doubt", "ask", ...storage, "--json"], { cwd });
  const report = runDocument.parse(JSON.parse(asked.stdout));
  expect(report.right + report.inDoubt).toBe(40);
  expect(asked.code).toBe(report.inDoubt > 0 ? 1 : 0);
  const again = await runDemo(["--resume", id.slice(0, 30), ...storage, "--json"], { cwd });
  expect(again.code, again.stderr).toBe(0);
  expect(runDocument.parse(JSON.parse(again.stdout))).toMatchObject({ runId: id, right: 40, inDoubt: 0 });
  const { runs } = shownRuns.parse(JSON.parse((await runDemo(["runs", ...storage, "--json"], { cwd })).stdout));
  expect(runs).toMatchObject([{ runId: id, threads: 40, counts: { completed: 40, sent: 0, in_doubt: 0 } }]);

  expect((await runDemo(["--resume", "ffff", ...storage], { cwd })).stderr).toContain("No run here has the id ffff");
  const keyed = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:9" };
  const elsewhere = await runDemo(["--resume", id, ...storage], { cwd, env: keyed });
  expect(elsewhere.stderr).toContain("was begun with openai (simulated)");
});

it("lets one of two processes go on with a run, and tells the other", async () => {
  const storage = ["--storage", "sqlite:shared.db"];
  const demo = startDemo(["--limit", "20", "--requests-per-minute", "3000", "--tokens-per-minute", "6000000", ...storage], { cwd });
  await demo.seen(/^run /m);
  demo.child.kill("SIGKILL");
  const id = /^run ([0-9a-f-]+)/m.exec((await demo.result).stderr)?.[1] ?? "";
  const both = await Promise.all([1, 2].map(async () => runDemo(["--resume", id, ...storage], { cwd })));
  expect(both.map(({ code }) => code)).toContain(0);
  for (const { code, stderr } of both) {
    if (code !== 0) expect(stderr).toMatch(/^demo: another process has just taken over|another process took the run over/m);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  const { runs } = shownRuns.parse(JSON.parse((await runDemo(["runs", ...storage, "--json"], { cwd })).stdout));
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
