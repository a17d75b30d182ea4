import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../clock/clock.ts";
import { readJson } from "../wire/read-json.ts";
import { anthropicWire } from "./anthropic/anthropic-wire.ts";
import { completeAnswer } from "./complete-answer.ts";
import { azureWire, litellmWire, openaiWire, vllmWire } from "./openai/openai-wire.ts";
import { logNormal, seededRandom } from "./seeded-random.ts";
import { SimulatedAdmission } from "./simulated-admission.ts";
import { SimulatedLedger } from "./simulated-ledger.ts";
import type { SimulatedFaultKind, SimulatedProviderOptions } from "./simulated-provider-options.ts";
import { SimulatedReply } from "./simulated-reply.ts";
import { replyInEvents } from "./reply-in-events.ts";
import { type CompleteAnswer, isRefusal, type ReadRequest, type SimulatedWire } from "./simulated-wire.ts";

/** The largest body either API takes. */
const largestBody = 32 * 1024 * 1024;

const wires: readonly SimulatedWire[] = [openaiWire, anthropicWire, azureWire, vllmWire, litellmWire];
const monotonic = (): number => systemClock.monotonic();

interface Fault {
  readonly kind: SimulatedFaultKind;
  readonly retryAfter: string | null;
}

/** One request, on its wire. */
interface Exchange {
  readonly wire: SimulatedWire;
  readonly reply: SimulatedReply;
  readonly id: string;
  readonly fault: Fault | null;
}

/** Plays a provider: reads requests strictly, enforces limits, asks the script and answers in time. */
export class Simulation {
  readonly ledger = new SimulatedLedger(monotonic);
  readonly #options: SimulatedProviderOptions;
  readonly #admission: SimulatedAdmission;
  readonly #random: () => number;

  constructor(options: SimulatedProviderOptions) {
    this.#options = options;
    this.#admission = new SimulatedAdmission(options.limits, monotonic);
    this.#random = seededRandom(options.seed ?? 1);
  }

  /** Serves one request. Never rejects. */
  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const number = this.ledger.receive();
    const fault = this.#faultOf(number);
    response.once("close", () => this.ledger.leave(!response.writableFinished && fault?.kind !== "connection_reset"));
    const [path = ""] = incoming.url?.split("?") ?? [];
    const wire = wires.find((each) => each.serves(path));
    const { ledger } = this;
    const requestId = `sim_req_${number}`;
    const reply = new SimulatedReply({ response, wire: wire ?? openaiWire, admission: this.#admission, ledger, requestId });
    try {
      const text = await bodyOf(incoming);
      if (wire === undefined || incoming.method !== "POST") {
        reply.refuse({ status: 404, type: "invalid_request_error", message: `There is nothing at ${incoming.method} ${incoming.url}.` });
      } else if (text === null) {
        reply.refuse({ status: 413, type: "request_too_large", message: "Request exceeds the maximum allowed number of bytes." });
      } else {
        await this.#receive({ wire, reply, id: String(number), fault }, incoming, text);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      reply.refuse({ status: 500, type: "api_error", message: `The simulated model failed: ${message}` });
    }
  }

  #faultOf(number: number): Fault | null {
    const given = this.#options.faults?.(number);
    if (given === undefined) return null;
    return typeof given === "string" ? { kind: given, retryAfter: null } : given;
  }

  async #receive(exchange: Exchange, { headers, url = "" }: IncomingMessage, text: string): Promise<void> {
    const { wire, reply } = exchange;
    const { apiKeys, models } = this.#options;
    const key = wire.keyOf(headers);
    if (key === null || apiKeys?.includes(key) === false) {
      reply.refuse(wire.refuseKey(key));
      return;
    }
    const body = readJson(text);
    if (body === undefined) {
      reply.refuse({ status: 400, type: "invalid_request_error", message: "We could not parse the JSON body of your request." });
      return;
    }
    const read = wire.read(body, headers, new URLSearchParams(url.split("?")[1]));
    if (isRefusal(read)) reply.refuse(read);
    else if (models?.includes(read.request.model) === false) reply.refuse(wire.unknownModel(read.request.model));
    else if (!failFree(exchange)) {
      const given = headers["idempotency-key"];
      const identity = typeof given === "string" ? given : createHash("sha256").update(text).digest("hex");
      await this.#play(exchange, read, identity);
    }
  }

  async #play(exchange: Exchange, { request, stream }: ReadRequest, identity: string): Promise<void> {
    const { wire, reply, id, fault } = exchange;
    const scripted = await this.#options.script({ wire: wire.name, sequence: this.ledger.accepted, request });
    if ("refuse" in scripted) {
      const { status, message, type } = scripted.refuse;
      reply.refuse({ status, message, type: type ?? "invalid_request_error" });
      return;
    }
    const answer = completeAnswer(scripted, request, wire.name, id);
    const notNow = this.#admission.admit(answer.inputTokens, answer.outputTokens);
    if (notNow !== null) {
      this.ledger.refuse();
      reply.refuse(wire.rateLimited(notNow.limit, request.model), retryHeaders(notNow.retryAfterMs));
      return;
    }
    this.ledger.accept();
    if (fault?.kind === "connection_reset") reply.reset();
    if (fault?.kind === "connection_reset" || fault?.kind === "stall") return;
    const { latency } = this.#options;
    const latencyMs = latency === undefined ? 0 : logNormal(this.#random, latency.medianMs, latency.sigma ?? 0.4);
    if (latency !== undefined) await new Promise<void>((resolve) => void systemClock.after(latencyMs, resolve));
    if (reply.abandoned) return;
    const said = fault?.kind === "malformed_tool_arguments" ? withBrokenArguments(answer) : answer;
    const { inputTokens, outputTokens } = answer;
    if (stream !== undefined) {
      const events = wire.stream(id, request.model, said, stream.includeUsage);
      if (await replyInEvents(reply, wire, events, fault?.kind ?? null)) this.ledger.answer(identity, inputTokens, outputTokens, latencyMs);
      return;
    }
    const text = JSON.stringify(wire.answer(id, request.model, said));
    const sent = fault?.kind === "empty_body" ? "" : fault?.kind === "malformed_json" ? text.slice(0, text.length >> 1) : text;
    reply.send(200, sent, "application/json");
    if (sent === text) this.ledger.answer(identity, inputTokens, outputTokens, latencyMs);
  }
}

/** Answers with a fault that costs nothing; false where there is none. */
function failFree({ reply, fault }: Exchange): boolean {
  const headers: Record<string, string> = fault?.retryAfter == null ? {} : { "retry-after": fault.retryAfter };
  switch (fault?.kind) {
    case "rate_limited":
      reply.refuse({ status: 429, type: "rate_limit_error", message: "Rate limit reached.", code: "rate_limit_exceeded" }, headers);
      return true;
    case "overloaded":
      reply.refuse({ status: 529, type: "overloaded_error", message: "Overloaded" }, headers);
      return true;
    case "server_error":
      reply.refuse({ status: 500, type: "api_error", message: "Internal server error" }, headers);
      return true;
    case "html_bad_gateway":
      reply.send(
        502,
        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
        "text/html",
        headers,
      );
      return true;
    default:
      return false;
  }
}

function withBrokenArguments(answer: CompleteAnswer): CompleteAnswer {
  const toolCalls = answer.toolCalls.map((call) => ({ ...call, argumentsText: call.argumentsText.slice(0, -1) }));
  return { ...answer, toolCalls };
}

function retryHeaders(retryAfterMs: number): Record<string, string> {
  if (!Number.isFinite(retryAfterMs)) return {};
  return { "retry-after": String(Math.ceil(retryAfterMs / 1000)), "retry-after-ms": String(Math.ceil(retryAfterMs)) };
}

/** Reads a body; null where it is too large. */
async function bodyOf(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length <= largestBody) chunks.push(bytes);
  }
  return length > largestBody ? null : Buffer.concat(chunks).toString("utf8");
}
