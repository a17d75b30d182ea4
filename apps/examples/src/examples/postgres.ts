// Two workers run conversations into one Postgres; a third reads them all, by the library and by plain SQL.
import { EntityRegistry } from "@minference/ecs";
import { openPostgres } from "@minference/storage-kysely/postgres";
import { ChatThread, InferenceOrchestrator, LLMConfig, threadEntities } from "@minference/threads";
import pg from "pg";
import type { Setting } from "../setting/setting.ts";

const schema = "minference_example"; // the tables live in a schema of their own

export async function postgres({ answerOf, client, clients, model, postgresUrl, print }: Setting): Promise<void> {
  const url = await postgresUrl();

  await (await openPostgres(url, { schema, tables: threadEntities })).close(); // makes typed tables, to be asked by SQL

  async function work(topics: readonly string[]): Promise<void> {
    const registry = new EntityRegistry(await openPostgres(url, { schema }));
    const llmConfig = LLMConfig.create({ client, model });
    const threads = topics.map((name) => ChatThread.create({ name, llmConfig, newMessage: `Write one sentence about ${name}.` }));
    for (const outcome of await new InferenceOrchestrator({ registry, clients }).runParallel(threads))
      if (outcome.status !== "completed") print(`${outcome.thread.name}: ${answerOf(outcome)}`);
    await registry.close();
  }
  await Promise.all([work(["rain", "rivers"]), work(["salt", "sand"])]);

  const registry = new EntityRegistry(await openPostgres(url, { schema }));
  for await (const { lastAnswer, name } of registry.listByType(ChatThread))
    if (lastAnswer !== undefined) print(`${name}: ${lastAnswer.content}`);
  await registry.close();

  const database = new pg.Client({ connectionString: url });
  await database.connect();
  const { rows } = await database.query(
    `select model, count(*) as answers, sum(total_tokens) as tokens from ${schema}.usage_latest group by model order by model`,
  );
  for (const { answers, model: name, tokens } of rows) print(`${name}: ${answers} answers, ${tokens} tokens`);
  await database.query(`drop schema ${schema} cascade`);
  await database.end();
}
