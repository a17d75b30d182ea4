import type { ChatOptions } from "../contract/chat-client.ts";

/** What is wrong with how a request is to be carried out, whatever it asks; null where nothing is. */
export function wrongOption({ priority, deadline, idempotencyKey }: ChatOptions): string | null {
  if (Number.isNaN(priority)) return "The priority is not a number.";
  if (Number.isNaN(deadline?.getTime())) return "The deadline is no valid date.";
  if (idempotencyKey !== undefined && !/^[\x20-\x7e\x80-\xff]+$/.test(idempotencyKey)) {
    return "The idempotency key is empty, or has a line break or other character no header can carry.";
  }
  return null;
}
