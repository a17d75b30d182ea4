import type { VllmOptions } from "@minference/clients";
import * as z from "zod";

const json = z.record(z.string(), z.json());

/** The schema of what only vLLM takes; the fields are those of `VllmOptions` of the clients. */
export const vllmOptions = z.strictObject({
  guided: z
    .union([
      z.strictObject({ json }),
      z.strictObject({ regex: z.string().min(1) }),
      z.strictObject({ choice: z.array(z.string()).min(1).readonly() }),
      z.strictObject({ grammar: z.string().min(1) }),
    ])
    .optional(),
  chatTemplateKwargs: json.optional(),
  chatTemplate: z.string().min(1).optional(),
  addGenerationPrompt: z.boolean().optional(),
  continueFinalMessage: z.boolean().optional(),
}) satisfies z.ZodType<VllmOptions>;
