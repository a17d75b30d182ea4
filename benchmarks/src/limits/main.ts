import { type Benchmark, printTable } from "../benchmark.ts";
import { type DispatchCost, measureDispatch } from "./dispatch.ts";
import { drawQuestions } from "./load.ts";
import { type Measured, measure, rowOf, type Work } from "./measure.ts";
import { ours } from "./ours.ts";
import { peers } from "./peers.ts";
import type { Subject } from "./subject.ts";

const strict = { requestsPerMinute: 900, tokensPerMinute: 300_000 } as const;
const split = { requestsPerMinute: 900, inputTokensPerMinute: 210_000, outputTokensPerMinute: 80_000 } as const;
const questions = drawQuestions(400, 1);
const work: Work = { questions, limits: strict, patienceMs: 100_000 };
const runs = 3;

/**
 * Measures how much of a provider's limits is used, by the server's own count, and what dispatching costs. Ours is measured alone; what
 * others have, all at once, each against a server of its own.
 */
export const benchmark: Benchmark = async () => {
  const alone = [
    await named("ours, bursts of 2 s", ours(), work),
    await named("ours, bursts of 60 s", ours(), { ...work, limits: { ...strict, burstSeconds: 60 } }),
  ];
  const apart = await Promise.all([
    named("ours, input and output apart", ours({ wire: "anthropic" }), { ...work, limits: split }),
    named("ours, limits only in headers", ours({ told: false }), work),
    measureFairness(),
  ]);
  const [inputAndOutput, fromHeaders, fairness] = apart;
  const long = await named("ours, two minutes", ours(), { ...work, questions: drawQuestions(1700, 2), patienceMs: 200_000 });
  const others = await Promise.all(peers.map(async (peer) => await measure(peer, work)));
  const subjects = [...alone, inputAndOutput, fromHeaders, long, ...others];
  printTable("400 requests, 900 requests and 300 000 tokens a minute", subjects.map(rowOf));
  printTable(`${runs} runs on one key: their share while all of them wait`, [
    Object.fromEntries(fairness.map((share, run) => [`run ${run}`, share.toFixed(3)])),
  ]);
  const dispatch: DispatchCost = await measureDispatch();
  printTable("50 000 requests against an instant stub", [
    {
      "dispatched a second": Math.round(dispatch.perSecond),
      "bytes a waiting request": Math.round(dispatch.bytesPerRequest),
      "cancelled in ms": Math.round(dispatch.cancelledInMs),
    },
  ]);
  return { subjects, fairness, dispatch };
};

async function named(name: string, subject: Subject, on: Work): Promise<Measured> {
  return await measure({ ...subject, name }, on);
}

/** What each run got of the first two thirds of all answers. */
async function measureFairness(): Promise<number[]> {
  const done: number[] = [];
  await measure(
    ours({ runs }, (run) => done.push(run)),
    work,
  );
  const early = done.slice(0, Math.floor((questions.length * 2) / 3));
  return Array.from({ length: runs }, (_, run) => early.filter((each) => each === run).length / early.length);
}
