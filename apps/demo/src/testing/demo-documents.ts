import * as z from "zod";

/** What the tests read of the document that `--json` prints at the end of a run. */
export const runDocument = z.object({
  runId: z.string().nullable(),
  interrupted: z.boolean(),
  problems: z.int(),
  right: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  inDoubt: z.int(),
  badLines: z.int(),
  utilisation: z.number().nullable(),
  providers: z.array(
    z.object({
      label: z.string(),
      model: z.string(),
      simulated: z.boolean(),
      answered: z.int(),
      refused: z.int(),
      retries: z.int(),
      server: z
        .object({
          received: z.int(),
          answered: z.int(),
          refused: z.int(),
          duplicates: z.int(),
          abandoned: z.int(),
          byStatus: z.record(z.string(), z.int()),
        })
        .nullable(),
    }),
  ),
  storage: z.object({ location: z.string(), versionsAdded: z.int(), versions: z.int(), bytesGrown: z.number() }),
  threads: z.array(
    z.object({
      id: z.string().nullable(),
      provider: z.string(),
      result: z.string(),
      expected: z.number(),
      answered: z.number().nullable(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});

/** What the tests read of `demo show --json`. */
export const shownThread = z.object({
  id: z.string(),
  lineageId: z.string(),
  client: z.string(),
  model: z.string(),
  messages: z.array(
    z.object({
      id: z.string(),
      role: z.enum(["user", "assistant", "tool"]),
      content: z.string(),
      toolCallId: z.string().optional(),
      isError: z.boolean().optional(),
      toolCalls: z.array(z.object({ id: z.string(), name: z.string(), argumentsText: z.string() })).optional(),
    }),
  ),
});

/** What the tests read of `demo history --json`. */
export const shownHistory = z.object({
  lineageId: z.string(),
  versions: z.array(z.object({ id: z.string(), parentId: z.string().nullable(), changes: z.array(z.string()) })),
});

/** What the tests read of `demo list --json`. */
export const shownList = z.object({ total: z.int(), conversations: z.array(z.object({ id: z.string(), messages: z.int() })) });

/** What the tests read of `demo runs --json`. */
export const shownRuns = z.object({
  runs: z.array(z.object({ runId: z.string(), threads: z.int(), counts: z.record(z.string(), z.int()) })),
});
