import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { answerOf, tool } from "./work.ts";

/** What the server reads of a request: it is instant because it looks at the last message alone. */
interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string | readonly { readonly text: string }[] }[];
}

let served = 0;

function nextMessage({ messages }: Body): object {
  const last = messages.at(-1);
  const text = typeof last?.content === "string" ? last.content : (last?.content ?? []).map((part) => part.text).join("");
  if (last?.role === "tool") return { role: "assistant", content: answerOf(text) };
  const [, a, b] = /(\d+) times (\d+)/.exec(text) ?? [];
  const call = {
    id: `call_${served}`,
    type: "function",
    function: { name: tool.name, arguments: JSON.stringify({ a: Number(a), b: Number(b) }) },
  };
  return { role: "assistant", content: null, tool_calls: [call] };
}

function answer(text: string): string {
  const body: Body = JSON.parse(text);
  const message = nextMessage(body);
  served += 1;
  const finish = "tool_calls" in message ? "tool_calls" : "stop";
  return JSON.stringify({
    id: `chatcmpl_${served}`,
    object: "chat.completion",
    created: 1_700_000_000,
    model: "instant",
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  });
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const text = answer(Buffer.concat(chunks).toString("utf8"));
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  });
}

/** A chat completions server in a process of its own that answers as soon as it has read, the same for all subjects. */
const server = createServer(serve);
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") process.send?.({ baseUrl: `http://127.0.0.1:${address.port}/v1` });
});
process.on("message", () => process.send?.({ served }));
