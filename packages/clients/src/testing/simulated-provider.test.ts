import { afterEach, expect, test } from "vitest";
import type { SimulatedProvider, SimulatedProviderOptions } from "./simulated-provider-options.ts";
import { startSimulatedProvider } from "./simulated-provider.ts";

const open: SimulatedProvider[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start(options: Partial<SimulatedProviderOptions> = {}): Promise<SimulatedProvider> {
  const server = await startSimulatedProvider({ script: () => ({ text: "Hello." }), ...options });
  open.push(server);
  return server;
}

interface Told {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

async function post(url: string, body: unknown, headers: Record<string, string>): Promise<Told> {
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method: "POST", body: sent, headers: { "content-type": "application/json", ...headers } });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

const openai = (server: SimulatedProvider, body: unknown, headers: Record<string, string> = { authorization: "Bearer k" }) =>
  post(`${server.openaiBaseUrl}/chat/completions`, body, headers);

const anthropic = (
  server: SimulatedProvider,
  body: unknown,
  headers: Record<string, string> = { "x-api-key": "k", "anthropic-version": "2023-06-01" },
) => post(`${server.anthropicBaseUrl}/v1/messages`, body, headers);

const user = { role: "user", content: "Hi" };
const assistantCall = {
  role: "assistant",
  content: null,
  tool_calls: [{ id: "c1", type: "function", function: { name: "t", arguments: "{}" } }],
};
const chat = { model: "m", messages: [user], max_tokens: 50 };
const toolUse = { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "t", input: {} }] };
const toolResult = { type: "tool_result", tool_use_id: "t1", content: "1" };

test("answers chat completions in the API's form, marked as simulated", async () => {
  const server = await start({ limits: { requestsPerMinute: 600, tokensPerMinute: 60_000, burstSeconds: 60 } });
  const { status, body, headers } = await openai(server, chat);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: "sim_chatcmpl_0",
    object: "chat.completion",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello." } }],
    usage: { prompt_tokens: 13, completion_tokens: 2, total_tokens: 15 },
  });
  expect(headers.get("x-simulated-provider")).toBe("minference");
  expect(headers.get("x-ratelimit-limit-requests")).toBe("600");
  // What is left grows again while the answer is on its way.
  expect(["599", "600"]).toContain(headers.get("x-ratelimit-remaining-requests"));
  expect(Number(headers.get("x-ratelimit-remaining-tokens"))).toBeGreaterThanOrEqual(60_000 - 15);
  expect(Number(headers.get("x-ratelimit-remaining-tokens"))).toBeLessThanOrEqual(60_000);
  expect(headers.get("x-ratelimit-reset-requests")).toMatch(/^\d+ms$/);
});

test("answers messages in the API's form, marked as simulated", async () => {
  const server = await start({
    script: () => ({ text: "See:", toolCalls: [{ name: "t", arguments: { a: 1 } }], cacheReadTokens: 5 }),
    limits: { requestsPerMinute: 600, tokensPerMinute: 60_000, burstSeconds: 60 },
  });
  const { status, body, headers } = await anthropic(server, { ...chat, tools: [{ name: "t", input_schema: { type: "object" } }] });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: "sim_msg_0",
    type: "message",
    role: "assistant",
    content: [
      { type: "text", text: "See:" },
      { type: "tool_use", id: "sim_toolu_0_0", name: "t", input: { a: 1 } },
    ],
    stop_reason: "tool_use",
    usage: { cache_read_input_tokens: 5 },
  });
  expect(headers.get("x-simulated-provider")).toBe("minference");
  expect(["599", "600"]).toContain(headers.get("anthropic-ratelimit-requests-remaining"));
  expect(Date.parse(headers.get("anthropic-ratelimit-tokens-reset") ?? "")).toBeGreaterThan(0);
});

test.each<[string, unknown, string | null, string]>([
  ["text that is no JSON", "{", null, "could not parse"],
  ["an unknown field", { ...chat, tempreature: 1 }, "tempreature", "Unknown parameter"],
  ["a missing field", { model: "m" }, "messages", "Missing required parameter"],
  ["a wrong type", { ...chat, temperature: "0" }, "temperature", "Invalid type"],
  ["a value out of range", { ...chat, temperature: 3 }, "temperature", "Invalid value"],
  ["an unknown role", { ...chat, messages: [{ role: "bot", content: "x" }] }, "messages.[0].role", "Invalid"],
  ["both limits", { ...chat, max_completion_tokens: 5 }, "max_tokens", "same time"],
  [
    "a tool message out of nowhere",
    { ...chat, messages: [user, { role: "tool", tool_call_id: "c1", content: "1" }] },
    "messages.[1].role",
    "must be a response",
  ],
  ["a call without a result", { ...chat, messages: [user, assistantCall] }, "messages", "c1"],
  ["a call whose result comes late", { ...chat, messages: [user, assistantCall, user] }, "messages.[2].role", "c1"],
  [
    "a result given twice",
    {
      ...chat,
      messages: [
        user,
        assistantCall,
        { role: "tool", tool_call_id: "c1", content: "1" },
        { role: "tool", tool_call_id: "c1", content: "1" },
      ],
    },
    "messages.[3].role",
    "must be a response",
  ],
  [
    "an assistant that says nothing",
    { ...chat, messages: [user, { role: "assistant", content: null }, user] },
    "messages.[1].content",
    "expected a string",
  ],
  ["an ill-named tool", { ...chat, tools: [{ type: "function", function: { name: "a b" } }] }, "tools.[0].function.name", "Invalid value"],
  ["a choice without tools", { ...chat, tool_choice: "auto" }, "tool_choice", "tools"],
  [
    "an unknown choice",
    { ...chat, tools: [{ type: "function", function: { name: "a" } }], tool_choice: { type: "function", function: { name: "b" } } },
    "tool_choice",
    "not found",
  ],
])("chat completions refuse %s", async (_, body, param, message) => {
  const server = await start();
  expect(await openai(server, body)).toMatchObject({
    status: 400,
    body: { error: { type: "invalid_request_error", param, message: expect.stringContaining(message) } },
  });
  expect(server.counts()).toMatchObject({ received: 1, answered: 0, byStatus: { 400: 1 } });
});

test.each<[string, unknown, string]>([
  ["an unknown field", { ...chat, seed: 1 }, "seed: Extra inputs are not permitted"],
  ["a missing limit", { model: "m", messages: [user] }, "max_tokens: Field required"],
  ["a system message among the messages", { ...chat, messages: [{ role: "system", content: "x" }, user] }, "messages.0.role"],
  ["an assistant that speaks first", { ...chat, messages: [{ role: "assistant", content: "x" }] }, "first message"],
  ["roles that do not alternate", { ...chat, messages: [user, user] }, "alternate"],
  ["an empty text", { ...chat, messages: [{ role: "user", content: [{ type: "text", text: "" }] }] }, "messages.0.content"],
  ["a result out of nowhere", { ...chat, messages: [{ role: "user", content: [toolResult] }] }, "unexpected `tool_use_id`"],
  ["a call without a result", { ...chat, messages: [user, toolUse, user] }, "without `tool_result` blocks"],
  ["a call at the end", { ...chat, messages: [user, toolUse] }, "without `tool_result` blocks"],
  [
    "a result behind other content",
    { ...chat, messages: [user, toolUse, { role: "user", content: [{ type: "text", text: "a" }, toolResult] }] },
    "must come before",
  ],
  [
    "results in two messages",
    {
      ...chat,
      messages: [
        user,
        { role: "assistant", content: [...toolUse.content, { ...toolUse.content[0], id: "t2" }] },
        { role: "user", content: [toolResult] },
      ],
    },
    "t2",
  ],
  [
    "an unknown choice",
    { ...chat, tools: [{ name: "a", input_schema: { type: "object" } }], tool_choice: { type: "tool", name: "b" } },
    "'b' not found",
  ],
  ["a choice without tools", { ...chat, tool_choice: { type: "any" } }, "while providing tools"],
  ["a schema that is no object", { ...chat, tools: [{ name: "a", input_schema: { type: "string" } }] }, "tools.0.input_schema"],
  ["thinking over the limit", { ...chat, thinking: { type: "enabled", budget_tokens: 2000 } }, "greater than `thinking.budget_tokens`"],
])("messages refuse %s", async (_, body, message) => {
  const server = await start();
  expect(await anthropic(server, body)).toMatchObject({
    status: 400,
    body: { type: "error", error: { type: "invalid_request_error", message: expect.stringContaining(message) }, request_id: "sim_req_0" },
  });
});

test("refuses keys, versions, models and addresses as the APIs do", async () => {
  const server = await start({ apiKeys: ["good"], models: ["m"] });
  const good = { authorization: "Bearer good" };
  expect(await openai(server, chat, {})).toMatchObject({ status: 401, body: { error: { type: "invalid_request_error", code: null } } });
  expect(await openai(server, chat, { authorization: "Bearer bad" })).toMatchObject({
    status: 401,
    body: { error: { code: "invalid_api_key" } },
  });
  expect(await openai(server, { ...chat, model: "x" }, good)).toMatchObject({ status: 404, body: { error: { code: "model_not_found" } } });
  expect(await openai(server, chat, good)).toMatchObject({ status: 200 });
  expect(await anthropic(server, chat, { "anthropic-version": "1" })).toMatchObject({
    status: 401,
    body: { error: { type: "authentication_error" } },
  });
  expect(await anthropic(server, chat, { "x-api-key": "good" })).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining("anthropic-version") } },
  });
  expect(await anthropic(server, { ...chat, model: "x" }, { "x-api-key": "good", "anthropic-version": "1" })).toMatchObject({
    status: 404,
    body: { error: { type: "not_found_error" } },
  });
  expect(await post(`${server.openaiBaseUrl}/embeddings`, {}, good)).toMatchObject({ status: 404 });
});

test("hands the script the conversation of either wire in the same form", async () => {
  const seen: unknown[] = [];
  const server = await start({
    script: ({ request }) => {
      seen.push(request.messages);
      return { text: "ok" };
    },
  });
  const tools = [{ type: "function", function: { name: "t" } }];
  await openai(server, {
    ...chat,
    tools,
    messages: [{ role: "system", content: "s" }, user, assistantCall, { role: "tool", tool_call_id: "c1", content: "1" }],
  });
  const renamed = JSON.parse(JSON.stringify([user, toolUse, { role: "user", content: [toolResult] }]).replaceAll('"t1"', '"c1"'));
  await anthropic(server, { ...chat, system: "s", tools: [{ name: "t", input_schema: { type: "object" } }], messages: renamed });
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]).toEqual([
    { role: "system", text: "s" },
    { role: "user", parts: [{ type: "text", text: "Hi" }] },
    { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "t", arguments: {}, argumentsText: "{}" }] },
    { role: "tool", results: [{ toolCallId: "c1", content: "1", isError: false }] },
  ]);
});

test("enforces requests a minute and says how long to wait", async () => {
  const server = await start({ limits: { requestsPerMinute: 60, tokensPerMinute: 600_000, burstSeconds: 2 } });
  const told = await Promise.all([1, 2, 3].map(() => openai(server, chat)));
  const refused = told.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(1);
  expect(refused[0]?.body).toMatchObject({ error: { type: "requests", code: "rate_limit_exceeded" } });
  expect(refused[0]?.headers.get("retry-after")).toBe("1");
  expect(Number(refused[0]?.headers.get("retry-after-ms"))).toBeGreaterThan(500);
  expect(server.counts()).toMatchObject({ received: 3, answered: 2, refused: 1, duplicates: 1 });
});

test("enforces tokens a minute and refuses for good what can never fit", async () => {
  const limits = { requestsPerMinute: 600, tokensPerMinute: 6000, burstSeconds: 2 };
  const server = await start({ limits, script: () => ({ text: "x", outputTokens: 150 }) });
  const large = { ...chat, max_tokens: 1000 };
  expect(await anthropic(server, large)).toMatchObject({ status: 200 });
  expect(await anthropic(server, large)).toMatchObject({ status: 429, body: { error: { type: "rate_limit_error" } } });
  const { headers } = await anthropic(server, { ...large, messages: [{ role: "user", content: "x".repeat(40_000) }] });
  expect(headers.get("retry-after")).toBeNull();
});

test("admits a request of more than is ever saved up once all of it is, and no other right after it", async () => {
  const limits = { requestsPerMinute: 600, tokensPerMinute: 6000, burstSeconds: 0.5 };
  const server = await start({ limits, script: () => ({ text: "x", outputTokens: 1000 }) });
  const large = { ...chat, max_tokens: 1000 };
  expect(await anthropic(server, large)).toMatchObject({ status: 200 });
  const refused = await anthropic(server, large);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBe(1);
});

test("cuts answers at the request's limit, and passes on what the script decides", async () => {
  const server = await start({
    script: ({ sequence }) => (sequence === 0 ? { text: "x".repeat(1000) } : { text: "No.", finishReason: "refusal" }),
  });
  expect(await openai(server, { ...chat, max_tokens: 10 })).toMatchObject({
    body: { choices: [{ finish_reason: "length" }], usage: { completion_tokens: 10 } },
  });
  expect(await openai(server, chat)).toMatchObject({ body: { choices: [{ message: { content: null, refusal: "No." } }] } });
});

test("a script that refuses or fails becomes an error of the wire", async () => {
  const server = await start({
    script: ({ request }) => {
      if (request.model === "broken") throw new Error("no such problem");
      return { refuse: { status: 400, message: "The tool result is wrong." } };
    },
  });
  expect(await openai(server, chat)).toMatchObject({ status: 400, body: { error: { message: "The tool result is wrong." } } });
  expect(await anthropic(server, { ...chat, model: "broken" })).toMatchObject({ status: 500, body: { error: { type: "api_error" } } });
});

test("tells duplicates by idempotency key, else by body", async () => {
  const server = await start();
  await openai(server, chat, { authorization: "Bearer k", "idempotency-key": "a" });
  await openai(server, chat, { authorization: "Bearer k", "idempotency-key": "b" });
  expect(server.counts().duplicates).toBe(0);
  await openai(server, { ...chat, user: "other" }, { authorization: "Bearer k", "idempotency-key": "b" });
  expect(server.counts().duplicates).toBe(1);
});

test("a port in use is an error of its own", async () => {
  const server = await start();
  await expect(startSimulatedProvider({ script: () => ({}), port: server.port })).rejects.toThrow("EADDRINUSE");
});
