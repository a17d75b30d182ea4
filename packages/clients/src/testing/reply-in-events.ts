import type { SimulatedFaultKind } from "./simulated-provider-options.ts";
import type { SimulatedReply } from "./simulated-reply.ts";
import type { SimulatedWire } from "./simulated-wire.ts";

const overloaded = { status: 529, type: "overloaded_error", message: "Overloaded" } as const;

/** Streams an answer, with what is to go wrong; tells whether all of it was sent. */
export async function replyInEvents(
  reply: SimulatedReply,
  wire: SimulatedWire,
  events: readonly string[],
  fault: SimulatedFaultKind | null,
): Promise<boolean> {
  if (!reply.beginStream()) return false;
  const half = events.slice(0, Math.ceil(events.length / 2)).join("");
  switch (fault) {
    case "stream_cut":
      await reply.write(Buffer.from(half));
      reply.reset();
      return false;
    case "stream_short":
    case "empty_body":
      await reply.write(Buffer.from(fault === "empty_body" ? "" : half));
      reply.end();
      return false;
    case "stream_stall":
      await reply.write(Buffer.from(half));
      return false;
    case "stream_error":
      await reply.write(Buffer.from(half + wire.streamError(overloaded)));
      reply.end();
      return false;
    case "stream_garbage":
    case "malformed_json":
      await reply.write(Buffer.from(`${half}data: {"choices":[{\n\n`));
      reply.end();
      return false;
    case "stream_split":
      for (const byte of Buffer.from(events.join(""))) await reply.write(Uint8Array.of(byte));
      break;
    default:
      for (const event of events) await reply.write(Buffer.from(event));
  }
  reply.end();
  return true;
}
