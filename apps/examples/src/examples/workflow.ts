// Takes a model through fixed steps: each tool is forced in turn, and the step moves on once its tool ran well.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

const article = "The new bridge was opened on Monday. It cost 12 million, three more than planned. It carries 9,000 cars a day.";

export async function workflow({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const callables = new CallableRegistry();
  const claims: string[] = [];
  const listClaims = callables.register({
    name: "list_claims",
    docstring: "Takes down every claim of the article",
    input: z.object({ claims: z.array(z.string()).min(1) }),
    output: z.string(),
    run: (found) => `${claims.push(...found.claims)} claims taken down`,
  });
  const rateClaims = callables.register({
    name: "rate_claims",
    docstring: "Takes down how easily each claim can be checked, from 1 to 5, in the order of the claims",
    input: z.object({ ratings: z.array(z.int().min(1).max(5)) }),
    output: z.array(z.string()),
    run({ ratings }) {
      if (ratings.length !== claims.length) throw new Error(`There are ${claims.length} claims, not ${ratings.length}`);
      return claims.map((claim, index) => `${ratings[index]}: ${claim}`).toSorted();
    },
  });
  const chooseClaim = callables.register({
    name: "choose_claim",
    docstring: "Names the claim that is to be checked first",
    input: z.object({ claim: z.string() }),
    output: z.string(),
    run: ({ claim }) => `to be checked: ${claim}`,
  });

  const thread = ChatThread.create({
    llmConfig: LLMConfig.create({ client, model, responseFormat: "workflow" }),
    tools: [listClaims, rateClaims, chooseClaim],
    newMessage: `Prepare a fact check of this article: ${article}`,
  });
  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients, callables });
  const [outcome] = await orchestrator.runParallel([thread]);

  for (const message of thread.history) {
    if (message.role === "tool") print(`${message.toolName}: ${message.isError ? "refused, " : ""}${message.content}`);
  }
  if (outcome?.status !== "completed") print(answerOf(outcome));
  print(`${outcome?.status} after ${outcome?.attempts} requests, step ${thread.workflowStep} of ${thread.tools.length}`);
}
