import type { ProviderName } from "@minference/clients";
import type { DoubtPolicy } from "@minference/threads";
import type { StorageLocation } from "../storage/storage-location.ts";

/** A model name for all providers (`provider` null) or for one. */
export interface ModelChoice {
  readonly provider: ProviderName | null;
  readonly model: string;
}

/** Solve problems. */
export interface RunCommand {
  readonly name: "run";
  /** Problem file; null: problems are generated. */
  readonly input: string | null;
  /** The most problems; null: all of the file, or the default number of generated ones. */
  readonly limit: number | null;
  readonly storage: StorageLocation;
  /** Null: those that are configured, or both simulated ones. */
  readonly providers: readonly ProviderName[] | null;
  readonly models: readonly ModelChoice[];
  readonly baseUrl: string | null;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** The port of the simulated provider; 0 takes any that is free. */
  readonly port: number;
  readonly simulate: boolean;
  readonly seed: number;
  readonly keepGoing: boolean;
  readonly json: boolean;
  /** The file that the log is written to; null: none. */
  readonly log: string | null;
}

/** Go on with a run that was broken off, as it was begun. */
export interface ResumeCommand extends Pick<RunCommand, "storage" | "port" | "json" | "log"> {
  readonly name: "resume";
  /** Its id, or the beginning of one. */
  readonly run: string;
  readonly onDoubt: DoubtPolicy;
}

/** Look into a store. */
export type InspectCommand =
  | { readonly name: "list" | "runs"; readonly storage: StorageLocation; readonly limit: number | null; readonly json: boolean }
  | { readonly name: "show" | "history"; readonly storage: StorageLocation; readonly thread: string; readonly json: boolean }
  | {
      readonly name: "diff";
      readonly storage: StorageLocation;
      readonly from: string;
      readonly to: string;
      readonly json: boolean;
    };

/** What the command line asks for. */
export type Command = RunCommand | ResumeCommand | InspectCommand | { readonly name: "help" } | { readonly name: "version" };
