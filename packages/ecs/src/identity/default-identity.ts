import { uuidV7Source } from "./uuid-v7.ts";

/** Names entities that are asked for an id before any registry has seen them. */
export const draftId: () => string = uuidV7Source();

/** The time on this machine. */
export function systemTime(): Date {
  return new Date();
}
