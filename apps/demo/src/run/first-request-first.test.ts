import { type ChatClient, ProviderError, userMessage } from "@minference/clients";
import { ScriptedChatClient } from "@minference/clients/testing";
import { expect, it } from "vitest";
import { firstRequestFirst } from "./first-request-first.ts";

const request = { model: "m", maxTokens: 10, messages: [userMessage("hi")] };

/** A client whose first request ends when it is told to. */
function heldClient(): { readonly client: ChatClient; readonly asked: () => number; readonly end: (error: ProviderError | null) => void } {
  const scripted = new ScriptedChatClient({ script: () => ({ text: "yes" }) });
  const held = Promise.withResolvers<ProviderError | null>();
  let asked = 0;
  const client: ChatClient = {
    provider: "openai",
    status: () => [],
    close: async () => {},
    chat: async (...args) => {
      asked += 1;
      const error = asked === 1 ? await held.promise : null;
      if (error !== null) throw error;
      return scripted.chat(...args);
    },
  };
  return { client: firstRequestFirst(client), asked: () => asked, end: held.resolve };
}

it("holds the others back until the first is answered", async () => {
  const { asked, client, end } = heldClient();
  const all = [client.chat(request), client.chat(request), client.chat(request)];
  await Promise.resolve();
  expect(asked()).toBe(1);
  end(null);
  await Promise.all(all);
  expect(asked()).toBe(3);
});

it("lets the others share a failure that every one would meet, unsent, and no other", async () => {
  for (const [code, sent] of [
    ["authentication", 1],
    ["connection", 1],
    ["invalid_request", 2],
  ] as const) {
    const { asked, client, end } = heldClient();
    const [first, second] = [client.chat(request), client.chat(request)];
    end(new ProviderError({ code, message: "no", provider: "openai", attempts: 1 }));
    await expect(first).rejects.toMatchObject({ code, attempts: 1 });
    if (sent === 1) await expect(second).rejects.toMatchObject({ code, attempts: 0 });
    else await second;
    expect(asked()).toBe(sent);
  }
});

it("lets go of one that is called off while it waits", async () => {
  const { client, end } = heldClient();
  const first = client.chat(request);
  const controller = new AbortController();
  const second = client.chat(request, { signal: controller.signal });
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: "aborted" });
  end(null);
  await first;
});
