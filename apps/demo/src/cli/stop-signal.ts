/** How long a run may take to come to its end when it is stopped, in milliseconds. */
const patienceMs = 900;

/** What is used of the process. */
export interface StoppableProcess {
  on(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): never;
}

/** Calls a function after so many milliseconds, unless it is called off by what this returns. */
export type Alarm = (ms: number, ring: () => void) => () => void;

/** Tells when the user stops the program. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** To be called when the program has come to its end, so that nothing waits any more. */
  release(): void;
}

/** Gives a signal that aborts on Ctrl-C. A second Ctrl-C, or a run that does not end in time, ends the process at once. */
export function stopSignal(process: StoppableProcess, after: Alarm): StopSignal {
  const controller = new AbortController();
  let release: (() => void) | null = null;
  const end = (): never => process.exit(130);
  const stop = (): void => {
    if (controller.signal.aborted) end();
    controller.abort();
    release = after(patienceMs, end);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return { signal: controller.signal, release: () => release?.() };
}
