import type { SqlEngine } from "../src/query/sql-engine.ts";

/** What is counted, from 1, which one is interrupted, and what happens then. */
export type Interruption = [counted: "maintenance" | "readings", at: number, meanwhile: () => Promise<unknown>];

/** Lets something else happen right before an engine carries out maintenance, or reads. */
export function interrupt(engine: SqlEngine, ...[counted, at, meanwhile]: Interruption): void {
  let count = 0;
  const begin = async (): Promise<void> => {
    count += 1;
    if (count === at) await meanwhile();
  };
  const maintain = engine.maintain.bind(engine);
  const read = engine.read.bind(engine);
  const snapshot = engine.snapshot.bind(engine);
  if (counted === "maintenance") {
    engine.maintain = (work) => begin().then(() => maintain(work));
  } else {
    engine.read = (work) => begin().then(() => read(work));
    engine.snapshot = (work) => begin().then(() => snapshot(work));
  }
}
