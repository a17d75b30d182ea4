import { expect, it } from "vitest";
import type { RunReport } from "../run/run-report.ts";
import { summary } from "./summary.ts";

const report: RunReport = {
  runId: null,
  interrupted: false,
  problems: 1,
  right: 0,
  wrong: 0,
  failed: 1,
  cancelled: 0,
  inDoubt: 0,
  badLines: 0,
  elapsedMs: 10_800,
  optimumMs: null,
  utilisation: null,
  providers: [
    {
      label: "openai",
      model: "m",
      simulated: false,
      threads: 1,
      answered: 0,
      refused: 0,
      retries: 5,
      inputTokens: 0,
      outputTokens: 0,
      requestsPerMinute: null,
      tokensPerMinute: null,
      elapsedMs: 0,
      optimumMs: null,
      server: null,
    },
  ],
  storage: { location: "sqlite:x.db", versionsAdded: 3, versions: 1203, bytes: 5000, bytesGrown: 1000 },
  threads: [],
};

it("counts the requests that were answered, and what this run stored", () => {
  const text = summary(report, null);
  expect(text).toMatch(/^openai +m: 1 conversation, 0 requests answered, /m);
  expect(text).toMatch(/^retries +5$/m);
  expect(text).toMatch(/^stored +3 versions; 1 203 in all \(5\.0 kB, 1\.0 kB more than before\)$/m);
});
