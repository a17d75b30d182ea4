import type { EntityRegistry } from "@minference/ecs";
import type { InspectCommand } from "../cli/command.ts";
import type { DisplayStream } from "../display/progress-display.ts";
import { diffThreads } from "./diff-threads.ts";
import type { InspectResult } from "./inspect-result.ts";
import { listStoredRuns } from "./list-stored-runs.ts";
import { listThreads } from "./list-threads.ts";
import { showThread } from "./show-thread.ts";
import { withStoredConversations } from "./stored-conversations.ts";
import { threadHistory } from "./thread-history.ts";

/** Looks into a store and writes what it finds. Rejects with a `CommandError` when there is nothing to find, with what the store throws when it fails. */
export async function inspectCommand(command: InspectCommand, stdout: DisplayStream): Promise<void> {
  const { json, text } = await withStoredConversations(command.storage, (registry) => inspect(command, registry));
  stdout.write(command.json ? `${JSON.stringify(json, null, 2)}\n` : text);
}

function inspect(command: InspectCommand, registry: EntityRegistry): Promise<InspectResult> {
  switch (command.name) {
    case "list":
      return listThreads(registry, command.limit);
    case "runs":
      return listStoredRuns(registry, command.limit);
    case "show":
      return showThread(registry, command.thread);
    case "history":
      return threadHistory(registry, command.thread);
    case "diff":
      return diffThreads(registry, command.from, command.to);
  }
}
