import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ProviderConfig } from "../src/config/provider-config.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { userMessage } from "../src/contract/message.ts";
import { textOf } from "../src/contract/message-content.ts";
import type { ProviderError } from "../src/errors/provider-error.ts";
import { startSimulatedProvider } from "../src/testing/simulated-provider.ts";

// What may stand between a client and a provider: servers that pack, answer without end, or pass on.

const request: ChatRequest = { model: "m", messages: [userMessage("Hi")], maxTokens: 10 };
const whole = JSON.stringify({ choices: [{ message: { content: "Hello 🙂." }, finish_reason: "stop" }] });
const events = ["Hel", "lo 🙂."].map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`).join("");
const stream = `${events}data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;
const open: Server[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

async function clientOf(answer: (request: IncomingMessage, response: ServerResponse) => void, config: Partial<ProviderConfig> = {}) {
  const baseUrl = await listen(createServer(answer));
  return createChatClient({ provider: "openai", apiKey: "key-0123456789", baseUrl, retry: { maxAttempts: 1 }, ...config });
}

const packings = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["deflate, GZIP", (text: string) => gzipSync(deflateSync(text))],
] as const;

test.each(packings)(
  "an answer that is packed (%s) though nobody asked for it is unpacked, whole and as a stream",
  async (encoding, pack) => {
    for (const [type, body, options] of [
      ["application/json", whole, {}],
      ["text/event-stream", stream, { onStream: () => {} }],
    ] as const) {
      const client = await clientOf((asked, response) => {
        asked.resume();
        response.writeHead(200, { "content-type": type, "content-encoding": encoding });
        response.end(pack(body));
      });
      expect(textOf((await client.chat(request, options)).message)).toBe("Hello 🙂.");
    }
  },
);

async function errorOf(promise: Promise<unknown>): Promise<ProviderError> {
  return await promise.then(
    () => {
      throw new Error("It did not fail.");
    },
    (error: ProviderError) => error,
  );
}

test.each<[string, Buffer, string]>([
  ["is cut", gzipSync(whole).subarray(0, 30), "gzip"],
  ["is not what it says", Buffer.from(whole), "gzip"],
  ["is packed in an unknown way", gzipSync(whole), "compress"],
])("a packed answer that %s is an error", async (_, body, encoding) => {
  const client = await clientOf((asked, response) => {
    asked.resume();
    response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding });
    response.end(body);
  });
  expect(await errorOf(client.chat(request))).toMatchObject({ name: "ProviderError", retryable: true, attempts: 1 });
  expect(client.status()).toMatchObject([{ running: 0 }]);
});

const huge = Buffer.alloc(1024 * 1024, " ");
const bomb = gzipSync(Buffer.alloc(80 * huge.length, " "), { level: 1 });

test.each([
  ["whole", false],
  ["as a stream", true],
] as const)("an answer of 100 MiB, %s or packed small, is given up before it fills the memory", async (_, streaming) => {
  const type = streaming ? "text/event-stream" : "application/json";
  const options = streaming ? { onStream: () => {} } : {};
  let sent = 0;
  const endless = await clientOf((asked, response) => {
    asked.resume();
    response.writeHead(200, { "content-type": type });
    const more = (): void => {
      while (sent < 100 && !response.destroyed) {
        sent += 1;
        if (!response.write(huge)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  const error = await errorOf(endless.chat(request, options));
  expect(error).toMatchObject({ code: "connection", message: expect.stringContaining("longer than 67108864 bytes") });
  expect(sent).toBeLessThan(100);
  const packed = await clientOf((asked, response) => {
    asked.resume();
    response.writeHead(200, { "content-type": type, "content-encoding": "gzip" });
    response.end(bomb);
  });
  expect(await errorOf(packed.chat(request, options))).toMatchObject({ message: expect.stringContaining("longer than") });
});

test("a fetch of the application's is held to the same", async () => {
  let left = 0;
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(huge),
      cancel: () => void (left += 1),
    });
  const config = { provider: "vllm", retry: { maxAttempts: 1 } } as const;
  const client = createChatClient(config, { fetch: async () => new Response(endless()) });
  expect(await errorOf(client.chat(request))).toMatchObject({ message: expect.stringContaining("longer than 67108864 bytes") });
  expect(left).toBe(1);
});

test.each(["openai", "azure_openai", "anthropic"] as const)("%s: no redirect is followed, and no key goes elsewhere", async (provider) => {
  const elsewhere: unknown[] = [];
  const thief = await listen(createServer((asked, response) => response.end(JSON.stringify(elsewhere.push(asked.headers)))));
  for (const status of [301, 302, 303, 307, 308]) {
    const client = await clientOf(
      (asked, response) => {
        asked.resume();
        response.writeHead(status, { location: `${thief}/v1/messages` });
        response.end();
      },
      { provider },
    );
    const error = await errorOf(client.chat(request));
    expect(error).toMatchObject({ code: "invalid_request", status, attempts: 1, message: expect.stringContaining("redirect") });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("key-0123456789");
  }
  expect(elsewhere).toEqual([]);
});

test("a proxy is gone through, with its password, save where it is excepted; its password shows nowhere", async () => {
  await using provider = await startSimulatedProvider({ script: () => ({ text: "Hello." }) });
  const through: string[] = [];
  const credentials: unknown[] = [];
  const proxy = createServer();
  proxy.on("connect", (asked: IncomingMessage, socket: Duplex) => {
    through.push(asked.url ?? "");
    credentials.push(asked.headers["proxy-authorization"]);
    const { hostname, port } = new URL(`http://${asked.url ?? ""}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    socket.on("error", () => onward.destroy());
    onward.on("error", () => socket.destroy());
  });
  const { host } = new URL(await listen(proxy));
  const http = `http://me:pass%21word-secret@${host}`;
  const config = { provider: "openai", apiKey: "key-0123456789", baseUrl: provider.openaiBaseUrl } as const;
  const direct = createChatClient({ ...config, proxy: { http, except: "127.0.0.1" } });
  expect(textOf((await direct.chat(request)).message)).toBe("Hello.");
  expect(through).toEqual([]);
  const client = createChatClient({ ...config, proxy: { http } });
  expect(textOf((await client.chat(request)).message)).toBe("Hello.");
  expect(through).toEqual([new URL(provider.openaiBaseUrl).host]);
  expect(credentials).toEqual([`Basic ${Buffer.from("me:pass!word-secret").toString("base64")}`]);

  const refusing = createServer();
  refusing.on("connect", (_, socket: Duplex) => socket.end("HTTP/1.1 407 pass!word-secret\r\n\r\n"));
  const elsewhere = `http://me:pass%21word-secret@${new URL(await listen(refusing)).host}`;
  const refused = createChatClient({ ...config, proxy: { http: elsewhere }, retry: { maxAttempts: 1 } });
  const error = await errorOf(refused.chat(request));
  expect(error).toMatchObject({ code: "connection", message: expect.stringContaining("407") });
  expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain("word-secret");
});

const messageEvents = [
  { type: "message_start", message: {} },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "Hello 🙂." } },
  { type: "message_delta", delta: { stop_reason: "end_turn" } },
  { type: "message_stop" },
];
const streams = {
  openai: stream,
  anthropic: messageEvents.map((data) => `data: ${JSON.stringify(data)}\n\n`).join(""),
} as const;

test.each(["openai", "anthropic"] as const)("%s: streams one after the other need one connection", async (provider) => {
  let connections = 0;
  const server = createServer((asked, response) => {
    asked.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(streams[provider]);
    // The end comes apart from the last event.
    setImmediate(() => response.end());
  });
  server.on("connection", () => (connections += 1));
  const client = createChatClient({ provider, apiKey: "key-0123456789", baseUrl: await listen(server), limits: {} });
  for (let asked = 0; asked < 5; asked += 1) {
    await client.chat(request, { onStream: () => {} });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(connections).toBe(1);
});

test.each(["openai", "anthropic"] as const)(
  "%s: an answer that came is not asked for again though its stream breaks off or never ends after it",
  async (provider) => {
    for (const after of [(response: ServerResponse) => response.socket?.destroy(), () => {}]) {
      let requests = 0;
      const client = await clientOf(
        (asked, response) => {
          requests += 1;
          asked.resume();
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(streams[provider], () => setTimeout(after, 20, response));
        },
        { provider, timeoutMs: 300, retry: { maxAttempts: 2, baseDelayMs: 1 } },
      );
      expect(await client.chat(request, { onStream: () => {} })).toMatchObject({ attempts: 1, finishReason: "stop" });
      expect(requests).toBe(1);
    }
  },
);

test("an abort ends a request at once also while its connection is made, whole and as a stream", async () => {
  // It takes connections and says nothing, so that there is no TLS.
  const silent = createTcpServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const client = createChatClient({ provider: "vllm", baseUrl: `https://127.0.0.1:${port}` });
  for (const options of [{}, { onStream: () => {} }]) {
    const started = performance.now();
    const error = await errorOf(client.chat(request, { ...options, deadline: new Date(Date.now() + 300) }));
    expect(error).toMatchObject({ code: "deadline_exceeded", attempts: 1 });
    expect(performance.now() - started).toBeLessThan(3000);
  }
  silent.close();
});
