import { expect, test } from "vitest";
import { createChatClient } from "../client/create-chat-client.ts";
import { ConfigurationError, checkBaseUrl } from "./base-url.ts";
import { configFromEnvironment } from "./config-from-environment.ts";
import { completeProviderConfig } from "./provider-config.ts";

test("finds every provider the environment names", () => {
  const environment = {
    OPENAI_KEY: "a",
    OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
    AZURE_OPENAI_API_KEY: "b",
    AZURE_OPENAI_ENDPOINT: "https://x.openai.azure.com",
    AZURE_OPENAI_DEPLOYMENT: "d",
    AZURE_OPENAI_API_VERSION: "2024-10-21",
    ANTHROPIC_API_KEY: "c",
    VLLM_ENDPOINT: "http://127.0.0.1:8000/v1",
    LITELLM_ENDPOINT: "http://127.0.0.1:4000",
    LITELLM_API_KEY: "e",
    OPENROUTER_API_KEY: "f",
  };
  expect(configFromEnvironment(environment)).toEqual([
    { provider: "openai", apiKey: "a", baseUrl: "http://127.0.0.1:1/v1" },
    { provider: "azure_openai", apiKey: "b", baseUrl: "https://x.openai.azure.com", deployment: "d", apiVersion: "2024-10-21" },
    { provider: "anthropic", apiKey: "c", baseUrl: undefined },
    { provider: "vllm", apiKey: undefined, baseUrl: "http://127.0.0.1:8000/v1" },
    { provider: "litellm", apiKey: "e", baseUrl: "http://127.0.0.1:4000" },
    { provider: "openrouter", apiKey: "f", baseUrl: undefined },
  ]);
});

test("takes the SDK's own name first, and empty variables for absent", () => {
  expect(configFromEnvironment({ OPENAI_API_KEY: "new", OPENAI_KEY: "old" })).toMatchObject([{ apiKey: "new" }]);
  expect(configFromEnvironment({ OPENAI_API_KEY: " ", ANTHROPIC_API_KEY: "", AZURE_OPENAI_API_KEY: "x" })).toEqual([]);
});

test("takes proxies from the environment, and refuses what is none without repeating it", () => {
  const proxies = { HTTPS_PROXY: "http://me:hunter2@127.0.0.1:3128", http_proxy: "http://127.0.0.1:3129", NO_PROXY: "localhost,.internal" };
  const [config] = configFromEnvironment({ OPENAI_API_KEY: "key-0123456789", ...proxies });
  expect(config?.proxy).toEqual({
    http: "http://127.0.0.1:3129",
    https: "http://me:hunter2@127.0.0.1:3128",
    except: "localhost,.internal",
  });
  const check = (https: string) => () => completeProviderConfig({ provider: "vllm", proxy: { https } });
  for (const url of ["socks5://me:hunter2@127.0.0.1", "127.0.0.1:3128", "http://me:hunter2%zz@127.0.0.1"]) {
    expect(check(url)).toThrow(ConfigurationError);
    expect(check(url)).not.toThrow("hunter2");
  }
});

test("headers that hold secrets are kept as secret as the key", async () => {
  const headers = { "X-Gateway-Token": "gateway-secret-1", "X-Title": "A title to be seen" };
  const message = "Not with gateway-secret-1, A title to be seen";
  const fetch = async () => Response.json({ error: { message } }, { status: 400 });
  const client = createChatClient({ provider: "vllm", headers }, { fetch });
  const request = { model: "m", maxTokens: 1, messages: [{ role: "user", parts: [{ type: "text", text: "a" }] }] } as const;
  await expect(client.chat(request)).rejects.toThrow("Not with [key removed], A title to be seen");
});

test("refuses credentials in a base URL without repeating them", () => {
  const check = () => checkBaseUrl("https://user:hunter2@example.org/v1");
  expect(check).toThrow(ConfigurationError);
  expect(check).toThrow("example.org holds credentials");
  expect(check).not.toThrow("hunter2");
});

test.each(["example.org", "ftp://example.org", "https://example.org/v1?key=x"])("refuses the base URL %s", (url) => {
  expect(() => checkBaseUrl(url)).toThrow(ConfigurationError);
});

test("takes trailing slashes off", () => {
  expect(checkBaseUrl("http://127.0.0.1:8000/v1//")).toBe("http://127.0.0.1:8000/v1");
});

test("wants a key where one is needed, that a header can carry", () => {
  expect(() => completeProviderConfig({ provider: "anthropic" })).toThrow("anthropic needs an API key");
  expect(() => completeProviderConfig({ provider: "openai", apiKey: "a\nb" })).toThrow("line break");
  expect(() => completeProviderConfig({ provider: "azure_openai", apiKey: "a" })).toThrow("base URL");
  expect(() => completeProviderConfig({ provider: "openai", apiKey: "a", timeoutMs: 0 })).toThrow("timeoutMs");
  const broken = () => completeProviderConfig({ provider: "vllm", headers: { "X-Token": "hunter2\nx: y\r\n\r\n" } });
  expect(broken).toThrow('The header "X-Token"');
  expect(broken).not.toThrow("hunter2");
  expect(() => createChatClient({ provider: "openai", apiKey: "a", retry: { maxAttempts: 0 } })).toThrow("retry.maxAttempts");
  for (const limits of [{ requestsPerMinute: 0 }, { tokensPerMinute: Number.NaN }, { burstSeconds: -1 }, { maxConcurrent: 0.5 }]) {
    expect(() => createChatClient({ provider: "openai", apiKey: "a", limits })).toThrow(RangeError);
  }
  // @ts-expect-error -- the compiler refuses it as well
  expect(() => createChatClient({ provider: "openai", apiKey: "k", limits: { requestPerMinute: 5 } })).toThrow(
    /^There is no limits.requestPerMinute/,
  );
  expect(completeProviderConfig({ provider: "vllm", apiKey: "" })).toMatchObject({ apiKey: "none" });
  expect(completeProviderConfig({ provider: "vllm" })).toMatchObject({ baseUrl: "http://127.0.0.1:8000/v1", timeoutMs: 600_000 });
});

test.each([
  [{ authorization: "Token gateway-secret-1" }],
  [{ "Proxy-Authorization": "Basic gateway-secret-1" }],
  [{ Cookie: "theme=dark; session=gateway-secret-1" }],
])("what a header %o holds is kept secret without its scheme or name too", async (headers) => {
  const answers = [
    () => Response.json({ error: { message: "Not with gateway-secret-1." } }, { status: 400 }),
    () => new Response(`${"x".repeat(288)} gateway-secret-1`, { status: 400 }),
    () => new Response(`${"x".repeat(288)} gateway-secret-1`),
  ];
  for (const answer of answers) {
    const client = createChatClient(
      { provider: "openai", apiKey: "k", headers, retry: { maxAttempts: 1 } },
      { fetch: async () => answer() },
    );
    const request = { model: "m", maxTokens: 1, messages: [{ role: "user", parts: [{ type: "text", text: "a" }] }] } as const;
    const error: unknown = await client.chat(request).catch((each: unknown) => each);
    expect(String(error)).toContain("[key");
    expect(String(error)).not.toContain("gateway-");
  }
});

test.each([
  ["openai", "https://api.openai.com/v1/chat/completions", "Bearer k"],
  ["openrouter", "https://openrouter.ai/api/v1/chat/completions", "Bearer k"],
  ["litellm", "http://127.0.0.1:4000/v1/chat/completions", "Bearer k"],
  ["azure_openai", "https://x.test/openai/deployments/d/chat/completions?api-version=2024-10-21", null],
  ["anthropic", "https://api.anthropic.com/v1/messages", "Bearer k"],
] as const)("%s is asked at its own address, whatever the SDK finds in the environment", async (provider, url, authorization) => {
  const sent: { url: string; headers: Headers }[] = [];
  const client = createChatClient(
    { provider, apiKey: "k", deployment: "d", ...(provider === "azure_openai" ? { baseUrl: "https://x.test" } : {}) },
    {
      fetch: async (input, init) => {
        sent.push({ url: input instanceof Request ? input.url : String(input), headers: new Headers(init?.headers) });
        return Response.json({ error: { type: "invalid_request_error", message: "enough" } }, { status: 400 });
      },
    },
  );
  const request = { model: "m", maxTokens: 1, messages: [{ role: "user", parts: [{ type: "text", text: "a" }] }] } as const;
  await expect(client.chat(request, { idempotencyKey: "one" })).rejects.toMatchObject({ code: "invalid_request" });
  expect(sent.map((each) => each.url)).toEqual([url]);
  expect(sent[0]?.headers.get("authorization")).toBe(authorization);
  expect(sent[0]?.headers.get("api-key")).toBe(provider === "azure_openai" ? "k" : null);
  expect(sent[0]?.headers.get("idempotency-key")).toBe("one");
});

test("refuses a provider that there is none of, as a file of settings may name", () => {
  const settings: Parameters<typeof createChatClient>[0] = JSON.parse('{ "provider": "groq", "apiKey": "key-0123456789" }');
  expect(() => createChatClient(settings)).toThrow(ConfigurationError);
  expect(() => createChatClient(settings)).toThrow('There is no provider "groq": give one of openai, azure_openai, anthropic');
});
