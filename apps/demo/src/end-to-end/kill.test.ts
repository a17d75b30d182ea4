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
import { runHere } from "../testing/run-here.ts";
import { readLedger, readRunState, withStore } from "../testing/stored-run.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

/** `MINFERENCE_ENDURANCE=full` kills a run of 500 problems a hundred times; the suite does the same in small. */
const isFull = process.env["MINFERENCE_ENDURANCE"] === "full";
/** A file in GSM8K's format to take the 500 from; they are generated without it. */
const file = process.env["MINFERENCE_GSM8K"];

const size = isFull
  ? { problems: 500, kills: 100, requestsPerMinute: 600, killWithinMs: 1500, latencyMs: 120 }
  : { problems: 12, kills: 4, requestsPerMinute: 2400, killWithinMs: 300, latencyMs: 150 };

/** How long a request may take at most from the note that it is sent to the server, in milliseconds. */
const underwayMs = 250;

/** When a process is killed: while it starts, once it has opened the store and takes the run over, or with requests under way. */
const momentOf = (kill: number): "start" | "takeover" | "under way" =>
  kill % 4 === 1 ? "start" : kill % 4 === 2 ? "takeover" : "under way";

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
  /** So few answers a process that no run can end before the last kill. */
  const answersEach = Math.floor((requests - 1) / size.kills);

  it("ends every conversation right, with no finished request answered twice", { timeout: 1_200_000 }, async () => {
    const random = seededRandom(11);
    const model = scriptedModel(problems);
    let left = answersEach;
    await using server = await startSimulatedProvider({
      script: async (conversation) => ((left -= 1) >= 0 ? model(conversation) : new Promise<never>(() => {})),
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
    let startMs = 0;
    const kills: { inDoubt: number; inFlightAtServer: number }[] = [];
    for (let kill = 0; kill < size.kills; kill += 1) {
      left = answersEach;
      const bornAt = Date.now();
      const { received } = server.counts();
      const answersBefore = server.answersByKey();
      const moment = momentOf(kill);
      const demo = start(kill === 0 ? [...args, "--provider", "openai", ...limits] : ["--resume", runId]);
      if (kill === 0) await demo.seen(/^run /m);
      if (moment === "start") await sleep(random() * startMs);
      else await demo.seen(/problems?, stored in/);
      if (moment !== "start") startMs = Date.now() - bornAt;
      // The first request goes alone; from the third on there are several.
      if (moment === "under way") while (server.counts().received < received + 3 && demo.child.exitCode === null) await sleep(5);
      if (moment !== "start") await sleep(random() * (moment === "takeover" ? 50 : size.killWithinMs));
      const killedAt = Date.now();
      const inFlightAtServer = inFlightAt(server);
      demo.child.kill("SIGKILL");
      const answersThen = server.answersByKey();
      const { code, stderr } = await demo.result;
      runId = /^run ([0-9a-f-]+)/m.exec(stderr)?.[1] ?? runId;
      expect(code, stderr).toBeNull();
      await withStore(storage, async (open) => {
        const state = await readRunState(open);
        // What an earlier process left was in doubt before.
        const own = state.unanswered.filter(({ sentAt }) => sentAt.getTime() >= bornAt);
        // What was at the server had been noted. What had been noted and was not there had just left, or was answered and not stored yet.
        const timesAnswered = (of: ReadonlyMap<string, number>, key: string): number => of.get(key) ?? 0;
        const waiting = own.filter(({ idempotencyKey: key }) => timesAnswered(answersThen, key) === timesAnswered(answersBefore, key));
        const justNoted = waiting.filter(({ sentAt }) => sentAt.getTime() > killedAt - underwayMs);
        expect(own.length).toBeGreaterThanOrEqual(inFlightAtServer);
        expect(waiting.length).toBeLessThanOrEqual(inFlightAtServer + justNoted.length);
        expect(own.length).toBeLessThanOrEqual(problems.length);
        kills.push({ inDoubt: own.length, inFlightAtServer });
        expect(state.versions).toBeGreaterThanOrEqual(versions);
        versions = state.versions;
        for (const id of state.entryIds) seen.add(id);
      });
    }
    expect(kills).toHaveLength(size.kills);
    expect(Math.max(...kills.map(({ inFlightAtServer }) => inFlightAtServer))).toBeGreaterThan(1);
    left = Number.POSITIVE_INFINITY;
    const { code, stderr, stdout } = await runHere(["--resume", runId, "--storage", storage, "--json"], env);
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
