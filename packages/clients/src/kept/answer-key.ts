import { createHash } from "node:crypto";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { JsonObject, JsonValue } from "../contract/json.ts";
import type { ProviderName } from "../contract/provider-name.ts";

/** A request as plain data, with its keys in order and without what the provider is not asked: the same for equal requests. */
export function plainRequest(request: ChatRequest): JsonObject {
  return plainObject({ ...request, metadata: undefined });
}

/** Names what is asked of a provider: the SHA-256 of it, in hexadecimal. Where it is asked and with which key makes no difference. */
export function answerKey(provider: ProviderName, request: JsonObject): string {
  return createHash("sha256")
    .update(JSON.stringify([provider, request]))
    .digest("hex");
}

function plainOf(value: unknown): JsonValue {
  if (value instanceof Uint8Array) return `base64:${Buffer.from(value).toString("base64")}`;
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value === "object" && value !== null) return plainObject(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function plainObject(object: object): JsonObject {
  const entries = Object.entries(object).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, plainOf(each)]));
}
