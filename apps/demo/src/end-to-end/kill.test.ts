import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom, type SimulatedProvider, startSimulatedProvider } from "@minference/clients/testing";
import { testDatabase } from "@minference/tooling-postgres";
import { calculationTurns, checkWorkedSolution, type Problem, readProblems, scriptedModel } from "@minference/word-problems";
import { describe, expect, it } from "vitest";
import { generateProblems } from "../problems/generate-problems.ts";
import { runDocument } from "../testing/demo-documents.ts";
import { type DemoProcess, startDemo } from "../testing/demo-process.ts";
import { readLedger, readRunState, withStore } from "../testing/stored-run.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

/** `MINFERENCE_ENDURANCE=full` kills a run of 500 problems a hundred times; the suite does the same in small. */
const isFull = process.env["MINFERENCE_ENDURANCE"] === "full";
/** A file in GSM8K's format to take the 500 from; they are generated without it. */
const file = process.env["MINFERENCE_GSM8K"];

const size = isFull
  ? { problems: 500, kills: 100, requestsPerMinute: 600, killWithinMs: 1500, latencyMs: 120 }
  : { problems: 16, kills: 3, requestsPerMinute: 2400, killWithinMs: 300, latencyMs: 250 };

const reports = new URL("../../.reports/", import.meta.url);
const key = "sk-test";
const cwd = temporaryDirectory();

/** The problems, and the arguments that hand them to the command. */
async function chooseProblems(): Promise<{ problems: readonly Problem[]; args: readonly string[] }> {
  if (file === undefined) return { problems: generateProblems(size.problems, 7), args: ["--seed", "7", "--limit", String(size.problems)] };
  const { problems } = await readProblems(file, size.problems, checkWorkedSolution);
  const lines = readFileSync(file, "utf8").split("\n");
  const own = join(cwd, "problems.jsonl");
  writeFileSync(own, problems.map(({ line }) => `${lines[line - 1]}\n`).join(""));
  return { problems, args: ["--input", own] };
}

/** How many requests the server has and has not answered. */
function inFlightAt(server: SimulatedProvider): number {
  const { abandoned, byStatus, received } = server.counts();
  return received - abandoned - Object.values(byStatus).reduce((sum, count) => sum + count, 0);
}

describe.each([
  ["SQLite", async () => `sqlite:${join(cwd, "killed.db")}`],
  ["Postgres", testDatabase],
])("a run on %s that is killed again and again", async (name, place) => {
  const storage = await place();
  const { args, problems } = await chooseProblems();
  const requests = problems.reduce((sum, problem) => sum + calculationTurns(problem).length + 1, 0);

  it("ends every conversation right, with no finished request answered twice", { timeout: 1_200_000 }, async () => {
    const random = seededRandom(11);
    await using server = await startSimulatedProvider({
      script: scriptedModel(problems),
      apiKeys: [key],
      limits: { requestsPerMinute: size.requestsPerMinute },
      latency: { medianMs: size.latencyMs },
    });
    const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: server.openaiBaseUrl };
    const limits = ["--requests-per-minute", String(size.requestsPerMinute), "--tokens-per-minute", "60000000"];
    const start = (more: readonly string[]): DemoProcess => startDemo([...more, "--storage", storage, "--json"], { cwd, env });

    let runId = "";
    let versions = 0;
    const seen = new Set<string>();
    let unsettled = new Set<string>();
    const kills: { inDoubt: number; inFlightAtServer: number }[] = [];
    for (let kill = 0; kill < size.kills; kill += 1) {
      const bornAt = Date.now();
      const receivedBefore = server.counts().received;
      const demo = start(kill === 0 ? [...args, "--provider", "openai", ...limits] : ["--resume", runId]);
      if (kill === 0) await demo.seen(/^run /m);
      await demo.seen(/problems?, stored in/);
      while (server.counts().received === receivedBefore && demo.child.exitCode === null) await sleep(5);
      await sleep(random() * size.killWithinMs);
      const inFlightAtServer = inFlightAt(server);
      demo.child.kill("SIGKILL");
      const { code, stderr } = await demo.result;
      runId = /^run ([0-9a-f-]+)/m.exec(stderr)?.[1] ?? runId;
      // A machine with much else to do may have let it come to its end first.
      if (code === 0) break;
      expect(code, stderr).toBeNull();
      await withStore(storage, async (open) => {
        const state = await readRunState(open);
        // What is unanswered now was in flight: this process sent it, or it ended before it could settle what it found.
        const own = state.unanswered.filter(({ idempotencyKey }) => !unsettled.has(idempotencyKey));
        for (const { sentAt } of own) expect(sentAt.getTime()).toBeGreaterThanOrEqual(bornAt);
        unsettled = new Set(state.unanswered.map(({ idempotencyKey }) => idempotencyKey));
        kills.push({ inDoubt: own.length, inFlightAtServer });
        expect(state.versions).toBeGreaterThanOrEqual(versions);
        versions = state.versions;
        for (const id of state.entryIds) seen.add(id);
      });
    }
    expect(kills.length).toBeGreaterThan(0);
    const { code, stderr, stdout } = await start(["--resume", runId]).result;
    expect(code, stderr).toBe(0);
    expect(runDocument.parse(JSON.parse(stdout))).toMatchObject({ problems: problems.length, right: problems.length, failed: 0 });

    await withStore(storage, async (open) => {
      const { answers, doubts } = await readLedger(open);
      const answered = server.answersByKey();
      const twice = Array.from(answered).filter(([, times]) => times > 1);
      for (const [request, times] of twice) expect(times - 1, request).toBeLessThanOrEqual(doubts.get(request) ?? 0);
      expect(answered.size).toBe(requests);
      expect(answers).toBe(requests);
      expect(await open.verify()).toEqual([]);
      expect(await open.loadHeaders(Array.from(seen))).toHaveLength(seen.size);
      const sum = (of: (kill: (typeof kills)[number]) => number): number => kills.reduce((total, kill) => total + of(kill), 0);
      const figures = {
        kills: kills.length,
        requests,
        answeredByServer: server.counts().answered,
        answeredTwice: twice.length,
        inDoubt: sum(({ inDoubt }) => inDoubt),
        inFlightAtServer: sum(({ inFlightAtServer }) => inFlightAtServer),
        mostInDoubtAtOnce: Math.max(...kills.map(({ inDoubt }) => inDoubt)),
        refused: server.counts().refused,
        versions: (await open.statistics()).versions,
      };
      mkdirSync(reports, { recursive: true });
      writeFileSync(new URL(`kill-${name}.json`, reports), JSON.stringify(figures, null, 2));
    });
  });
});
