import type { Outcome } from "./outcome.ts";

/** Gives outcomes in the order in which they are there. */
export async function* outcomesAsTheyCome(pending: readonly Promise<Outcome>[]): AsyncGenerator<Outcome, void, undefined> {
  const arrived: Outcome[] = [];
  let wake = Promise.withResolvers<null>();
  for (const promise of pending) {
    void promise.then((outcome) => {
      arrived.push(outcome);
      wake.resolve(null);
    });
  }
  for (let given = 0; given < pending.length; given += 1) {
    while (arrived.length === 0) {
      await wake.promise;
      wake = Promise.withResolvers<null>();
    }
    const outcome = arrived.shift();
    if (outcome !== undefined) yield outcome;
  }
}
