import { parentPort, workerData } from "node:worker_threads";
import { textOf } from "@minference/clients";
import { startSimulatedProvider } from "@minference/clients/testing";
import type { ServerSetup } from "./server.ts";

const setup: ServerSetup = workerData;
const server = await startSimulatedProvider({
  limits: setup.limits,
  latency: setup.latency,
  seed: setup.seed,
  script: ({ request }) => {
    const user = request.messages.findLast((message) => message.role === "user");
    const number = Number(/^#(\d+)/.exec(user === undefined ? "" : textOf(user))?.[1]);
    return { text: `The answer to #${number}.`, outputTokens: setup.answerTokens[number] ?? 1 };
  },
});
parentPort?.postMessage({ openaiBaseUrl: server.openaiBaseUrl, anthropicBaseUrl: server.anthropicBaseUrl });
parentPort?.on("message", () => {
  parentPort?.postMessage({ counts: server.counts(), optimumMs: server.optimumMs() ?? 0 });
});
