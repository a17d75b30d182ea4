import type { ChatClient } from "@minference/clients";
import type { Outcome } from "@minference/threads";

/** A provider an example may use. */
export interface UsableProvider {
  /** The name of its client, with "(simulated)" where it is. */
  readonly client: string;
  readonly model: string;
}

/** What an example is given. */
export interface Setting extends UsableProvider {
  /** Clients by name, as an orchestrator takes them. */
  readonly clients: Readonly<Record<string, ChatClient>>;
  /** All providers; `client` and `model` are those of the first. */
  readonly providers: readonly UsableProvider[];
  /** An empty directory for this run, removed after it. */
  readonly directory: string;
  /** A Postgres: the one that `MINFERENCE_POSTGRES_URL` names, else a throw-away server of its own. */
  readonly postgresUrl: () => Promise<string>;
  /** What came of a thread, in words: the answer, or why there is none, which gives the program the exit code 1. */
  readonly answerOf: (outcome: Outcome | undefined) => string;
  /** Prints a line. */
  readonly print: (line: string) => void;
}
