import type { AwaitingApprovalOutcome, InDoubtOutcome } from "./outcome.ts";

/** Why a turn ends before its end, to go on another time. */
export type Pause = Pick<AwaitingApprovalOutcome, "status" | "calls"> | Pick<InDoubtOutcome, "status" | "doubt">;

/** Ends a turn for the time being. */
export class TurnPaused extends Error {
  readonly pause: Pause;

  constructor(pause: Pause) {
    super(`the turn is ${pause.status}`);
    this.pause = pause;
  }
}
