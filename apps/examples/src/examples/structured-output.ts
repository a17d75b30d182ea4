// Gets answers as objects of a zod schema. An answer that does not fit is shown its errors and asked for again.
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig, StructuredTool } from "@minference/threads";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

const Invoice = z.object({
  number: z.string(),
  currency: z.enum(["EUR", "USD"]),
  lines: z.array(z.object({ item: z.string(), price: z.number().nonnegative() })).min(1),
});

const letters = [
  "Invoice 2041: two desks at 180 euros each and delivery for 35. Thank you!",
  "Please pay bill no. A-7. One keyboard, 59 dollars.",
];

export async function structuredOutput({ answerOf, client, clients, model, print }: Setting): Promise<void> {
  const llmConfig = LLMConfig.create({ client, model, responseFormat: "structured_output" });
  const forcedOutput = StructuredTool.fromZod(Invoice, { name: "invoice", description: "What an invoice says" });
  const threads = letters.map((letter) => ChatThread.create({ llmConfig, forcedOutput, newMessage: `Read this invoice: ${letter}` }));

  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients, maxRepairs: 2 });
  for (const outcome of await orchestrator.runParallel(threads)) {
    if (outcome.status !== "completed") {
      print(answerOf(outcome));
      continue;
    }
    const { number, lines, currency } = Invoice.parse(outcome.outputs.at(-1)?.jsonObject?.object); // typed from here on
    const total = lines.reduce((sum, { price }) => sum + price, 0);
    print(`invoice ${number}: ${total} ${currency}, lines: ${lines.length}, corrections: ${outcome.outputs.length - 1}`);
  }
}
