import { CommandError } from "@minference/command-line";
import { EntityRegistry, type EntityStorage, pagesOf } from "@minference/ecs";
import { Run } from "@minference/threads";
import type { ResumeCommand } from "../cli/command.ts";
import { escapeForTerminal } from "../display/escape.ts";
import { openStoredConversations } from "../storage/open-storage.ts";
import type { Closer } from "./active-provider.ts";
import { commandOf, readSettings } from "./run-settings.ts";
import { solve } from "./run-command.ts";
import type { Terminal } from "./terminal.ts";

const pageSize = 1000;

/** Goes on with a run that was broken off. Resolves with the exit code; rejects with a `CommandError` when it can't. */
export async function resumeCommand(command: ResumeCommand, terminal: Terminal): Promise<number> {
  const closers: Closer[] = [];
  try {
    const storage = await openStoredConversations(command.storage, { readonly: false });
    closers.push(() => storage.close());
    const run = await findRun(storage, command.run);
    const settings = readSettings(run.metadata);
    if (settings === null) throw new CommandError(`The run ${run.lineageId} was begun by another program; go on with it there`);
    const { onDoubt } = command;
    return await solve(commandOf(settings, command), terminal, closers, { storage, runId: run.lineageId, onDoubt, settings });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** Finds a run by its id or the beginning of one that fits no other. */
async function findRun(storage: EntityStorage, id: string): Promise<Run> {
  const registry = new EntityRegistry(storage);
  const found: string[] = [];
  for await (const runs of pagesOf((after) => registry.list(Run, { limit: pageSize, ...after }))) {
    for (const { ecsId, lineageId } of runs) if (lineageId.startsWith(id.toLowerCase())) found.push(ecsId);
  }
  const [only] = found;
  const shown = escapeForTerminal(id.slice(0, 60));
  if (only === undefined) throw new CommandError(`No run here has the id ${shown}; pnpm demo runs shows those there are`);
  if (found.length > 1) throw new CommandError(`${found.length} runs have ids that begin with ${shown}; give more of it`);
  return registry.get(Run, only);
}
