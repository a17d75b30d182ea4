import type { Clock, Environment } from "@minference/clients";
import type { DisplayStream } from "../display/progress-display.ts";

/** What a command uses of the process it runs in. */
export interface Terminal {
  readonly environment: Environment;
  /** For results. */
  readonly stdout: DisplayStream;
  /** For progress and complaints. */
  readonly stderr: DisplayStream;
  /** Aborts when the user stops the program. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}
