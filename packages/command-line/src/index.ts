export { CommandError, usageError } from "./command-error.ts";
export { goOnUnread } from "./go-on-unread.ts";
export { systemReason } from "./system-reason.ts";
