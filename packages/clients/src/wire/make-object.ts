import type { z } from "zod";

/** Makes the schema of an object: `z.strictObject`, which refuses fields that are not known, or `z.object`, which passes over them. */
export type MakeObject = <S extends z.ZodRawShape>(shape: S) => z.ZodObject<S>;
