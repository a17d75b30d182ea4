export { CommandError, usageError } from "./command-error.ts";
export { systemReason } from "./system-reason.ts";
