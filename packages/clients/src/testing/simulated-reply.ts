import type { ServerResponse } from "node:http";
import type { SimulatedAdmission } from "./simulated-admission.ts";
import type { SimulatedLedger } from "./simulated-ledger.ts";
import type { Refusal, SimulatedWire } from "./simulated-wire.ts";

/** What a reply is made with. */
export interface ReplyParts {
  readonly response: ServerResponse;
  readonly wire: SimulatedWire;
  readonly admission: SimulatedAdmission;
  readonly ledger: SimulatedLedger;
  readonly requestId: string;
}

/** Writes one reply in the form of its wire, with the state of the limits and the mark of the simulation. */
export class SimulatedReply {
  readonly #parts: ReplyParts;

  constructor(parts: ReplyParts) {
    this.#parts = parts;
  }

  /** Whether nobody waits for the reply any longer. */
  get abandoned(): boolean {
    return this.#parts.response.destroyed;
  }

  /** Refuses in the wire's own error form. */
  refuse(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): void {
    const body = this.#parts.wire.error(refusal, this.#parts.requestId);
    this.send(refusal.status, JSON.stringify(body), "application/json", headers);
  }

  /** Writes the reply, unless nobody waits for it or it was written. */
  send(status: number, body: string, type: string, headers: Readonly<Record<string, string>> = {}): void {
    if (!this.#begin(status, { "content-type": type, "content-length": String(Buffer.byteLength(body)), ...headers })) return;
    this.#parts.response.end(body);
  }

  /** Begins a stream of events; false where nobody waits for it. */
  beginStream(): boolean {
    return this.#begin(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  }

  /** Writes part of a stream, as one piece on the connection as far as that can be told. */
  async write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#parts.response.write(bytes, () => resolve());
    await promise;
  }

  /** Ends a stream. */
  end(): void {
    this.#parts.response.end();
  }

  #begin(status: number, headers: Readonly<Record<string, string>>): boolean {
    const { response, wire, admission, ledger, requestId } = this.#parts;
    if (response.destroyed || response.headersSent) return false;
    ledger.status(status);
    response.writeHead(status, {
      "x-simulated-provider": "minference",
      [wire.requestIdHeader]: requestId,
      ...wire.limitHeaders(admission.states(), Date.now()),
      ...headers,
    });
    return true;
  }

  /** Breaks the connection. */
  reset(): void {
    this.#parts.response.socket?.destroy();
  }
}
