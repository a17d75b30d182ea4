import type { Clock } from "@minference/clients";
import type { ProviderSnapshot } from "../run/provider-progress.ts";
import { progressLine, progressLines } from "./progress-lines.ts";

/** Where progress is written. */
export interface DisplayStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows the progress of a run until it is stopped. */
export interface ProgressDisplay {
  /** Writes a line that stays. */
  note(line: string): void;
  stop(): void;
}

/** What a display needs to know. */
export interface ProgressSource {
  snapshot(): readonly ProviderSnapshot[];
  elapsedMs(): number;
}

const repaintMs = 100;
const lineEveryMs = 2000;
const eraseBelow = "\u001b[0J";

/** Starts showing progress: repainted in place on a terminal, a line every two seconds elsewhere. `terminal` is what `TERM` says. */
export function startProgressDisplay(
  stream: DisplayStream,
  source: ProgressSource,
  { clock, terminal }: { readonly clock: Clock; readonly terminal: string | undefined },
): ProgressDisplay {
  return stream.isTTY === true && terminal !== "dumb" ? liveDisplay(stream, source, clock) : lineDisplay(stream, source, clock);
}

function liveDisplay(stream: DisplayStream, source: ProgressSource, clock: Clock): ProgressDisplay {
  let painted = 0;
  const erase = (): string => (painted === 0 ? "" : `\u001b[${painted}A\r${eraseBelow}`);
  const paint = (): void => {
    const lines = progressLines(source.snapshot(), source.elapsedMs(), stream.columns || 80);
    stream.write(`${erase()}${lines.join("\n")}\n`);
    painted = lines.length;
  };
  paint();
  const stopPainting = repeat(clock, repaintMs, paint);
  return {
    note: (line) => {
      stream.write(`${erase()}${line}\n`);
      painted = 0;
      paint();
    },
    stop: () => {
      stopPainting();
      paint();
    },
  };
}

function lineDisplay(stream: DisplayStream, source: ProgressSource, clock: Clock): ProgressDisplay {
  const write = (): void => {
    stream.write(`${progressLine(source.snapshot(), source.elapsedMs())}\n`);
  };
  const stopWriting = repeat(clock, lineEveryMs, write);
  return {
    note: (line) => {
      stream.write(`${line}\n`);
    },
    stop: () => {
      stopWriting();
      write();
    },
  };
}

/** Calls back again and again until the function returned is called. */
function repeat(clock: Clock, everyMs: number, callback: () => void): () => void {
  const again = (): void => {
    callback();
    cancel = clock.after(everyMs, again);
  };
  let cancel = clock.after(everyMs, again);
  return () => cancel();
}
