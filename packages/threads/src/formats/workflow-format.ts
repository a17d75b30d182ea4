import { textFormat } from "./text-format.ts";
import type { ThreadFormat } from "./thread-format.ts";

/**
 * Each of the thread's tools in turn. All are named, so that requests of one workflow begin alike, and the one of the step is forced; the
 * step moves on once that tool ran well. The turn is over when the last one did.
 */
export const workflowFormat: ThreadFormat = {
  ...textFormat,
  needsUserMessage: false,
  takesText: false,
  refusal({ tools, workflowStep }) {
    if (tools.length === 0) return "the response format workflow needs tools, one for each step";
    return (workflowStep ?? 0) > tools.length ? `workflowStep ${workflowStep} is beyond the ${tools.length} steps of the workflow` : null;
  },
  finished: ({ ecsId, name, tools, workflowTool }) =>
    workflowTool === null ? `all ${tools.length} steps of ${name ?? ecsId} have run: call resetWorkflowStep() to run them again` : null,
  ahead: ({ tools, workflowStep }) => tools.slice(workflowStep ?? 0),
  callable: ({ workflowTool }) => (workflowTool === null ? [] : [workflowTool]),
  offer({ allTools, workflowTool }) {
    return workflowTool === null ? null : { tools: allTools, choice: { name: workflowTool.name } };
  },
  moveOn(thread, results) {
    const name = thread.workflowTool?.name;
    if (results.some((result) => !result.isError && result.toolName === name)) thread.workflowStep = (thread.workflowStep ?? 0) + 1;
  },
  endsAfter: (results, thread) => results.length > 0 && thread.workflowTool === null,
};
