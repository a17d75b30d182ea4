// Lets agents go on, turn after turn, until each has called its goal tool; many at once, each at its own pace.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import {
  anyOf,
  CallableRegistry,
  ChatThread,
  InferenceOrchestrator,
  LLMConfig,
  stepsTaken,
  SystemPrompt,
  toolRan,
} from "@minference/threads";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

const orders = new Map([
  ["A17", { item: "kettle", paid: 39, broken: true }],
  ["B52", { item: "lamp", paid: 25, broken: false }],
]);

export async function sequentialTools({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const callables = new CallableRegistry();
  const findOrder = callables.register({
    name: "find_order",
    docstring: "Looks up an order by its number",
    input: z.object({ order: z.string() }),
    run: ({ order }) => orders.get(order) ?? { error: "no such order" },
  });
  const refund = callables.register({
    name: "refund",
    docstring: "Pays back what was paid for a broken item",
    input: z.object({ order: z.string(), amount: z.number().positive() }),
    output: z.string(),
    run: ({ amount, order }) => `${amount} paid back for ${order}`,
  });
  const closeTicket = callables.register({
    name: "close_ticket",
    docstring: "Ends the work on a ticket; call it last",
    input: z.object({ resolution: z.string() }),
    output: z.string(),
    run: ({ resolution }) => `closed: ${resolution}`,
  });

  const llmConfig = LLMConfig.create({ client, model, responseFormat: "auto_tools" });
  const systemPrompt = new SystemPrompt({
    name: "support",
    content: "You handle support tickets. Look the order up first. Refund it only if the item is broken. Then close the ticket.",
  });
  const threads = Array.from(orders.keys(), (order) =>
    ChatThread.create({
      name: `ticket ${order}`,
      llmConfig,
      systemPrompt,
      tools: [findOrder, refund, closeTicket],
      newMessage: `My order ${order} does not work.`,
    }),
  );

  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients, callables });
  const goal = anyOf(toolRan("close_ticket"), stepsTaken(8));
  const outcomes = await orchestrator.runUntil(threads, goal, { nudge: "Go on until the ticket is closed." });

  for (const outcome of outcomes) {
    const { thread } = outcome;
    const steps = thread.history.flatMap(({ toolName }) => toolName ?? []);
    print(`${thread.name} (${outcome.status}): ${steps.join(" → ")}`);
    const result = outcome.status === "completed" ? thread.lastToolResults.at(-1)?.content : undefined;
    print(`  ${result ?? answerOf(outcome)}`);
  }
}
