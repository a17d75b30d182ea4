import type { ChatClient, ChatOptions, ChatRequest } from "@minference/clients";
import { ScriptedChatClient, type SimulatedScript } from "@minference/clients/testing";

/** A scripted provider that outlives the processes that ask it, and remembers which requests it got, by their idempotency keys. */
export class RecordingProvider {
  /** In the order they came; a repetition stands there again. */
  readonly keys: string[] = [];
  readonly #script: SimulatedScript;

  constructor(script: SimulatedScript) {
    this.#script = script;
  }

  /** A client of one process; `alive` false loses the answers that come from then on. */
  client(process: { alive: boolean } = { alive: true }): ChatClient {
    const client = new ScriptedChatClient({ script: this.#script });
    return {
      provider: client.provider,
      status: () => client.status(),
      close: () => client.close(),
      chat: async (request: ChatRequest, options: ChatOptions = {}) => {
        const onAttempt: ChatOptions["onAttempt"] = async (event) => {
          await options.onAttempt?.(event);
          if (event.type === "sent") this.keys.push(event.idempotencyKey);
        };
        const response = await client.chat(request, { ...options, onAttempt });
        return process.alive ? response : new Promise<never>(() => {});
      },
    };
  }
}
