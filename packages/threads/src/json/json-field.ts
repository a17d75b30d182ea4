import * as z from "zod";

/** The field of an entity that holds any JSON value. Typed as unknown: the compiler gives up on freezing a recursive type. */
export const jsonField: z.ZodType = z.json();

/** The field of an entity that holds a JSON object. */
export const jsonObjectField = z.record(z.string(), jsonField).readonly();
