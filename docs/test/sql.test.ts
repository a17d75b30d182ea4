import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@minference/clients";
import { ScriptedChatClient, type SimulatedScript } from "@minference/clients/testing";
import { type AnyEntityClass, EntityRegistry, type EntityStorage } from "@minference/ecs";
import { openPostgres } from "@minference/storage-kysely/postgres";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import {
  branchThread,
  CallableRegistry,
  ChatMessage,
  ChatThread,
  GeneratedJsonObject,
  InferenceOrchestrator,
  LedgerEntry,
  LLMConfig,
  ProcessedOutput,
  RawOutput,
  StructuredTool,
  SystemPrompt,
  threadEntities,
  Usage,
} from "@minference/threads";
import { testDatabase } from "@minference/tooling-postgres";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import * as z from "zod";

type Row = Readonly<Record<string, unknown>>;

const document = await readFile(new URL("../sql.md", import.meta.url), "utf8");

/** The statement under a heading of the document. */
function question(heading: string, values: Readonly<Record<string, string>> = {}): string {
  const section = document.split("\n### ").find((part) => part.startsWith(heading));
  const statement = section === undefined ? undefined : /```sql\n([\s\S]*?)```/.exec(section)?.[1];
  if (statement === undefined) throw new Error(`There is no statement under ${heading}`);
  return statement.replaceAll(/:(\w+)/g, (_, name: string) => `'${values[name]}'`);
}

const day = 86_400_000;
const start = Date.UTC(2026, 0, 8);

/** A clock that goes on by some milliseconds each time it is looked at. */
class TestClock implements Clock {
  time = start;
  now(): number {
    this.time += 17;
    return this.time;
  }
  monotonic(): number {
    return this.now();
  }
  after(_ms: number, _callback: () => void): () => void {
    return () => undefined;
  }
}

const script: SimulatedScript = ({ request, sequence }) => {
  const text = JSON.stringify(request.messages);
  if (text.includes("forbidden")) return { refuse: { status: 400, message: "no" } };
  if (text.includes("for ever")) return { text: "and so on", finishReason: "length" };
  if (request.toolChoice !== undefined && text.includes("Which city")) {
    return { toolCalls: [{ name: "place", arguments: { city: text.includes("Eiffel") ? "Paris" : "Rome" } }] };
  }
  if (text.includes("divide") && request.messages.at(-1)?.role !== "tool") {
    const calls = [{ name: "divide", arguments: { a: 6, b: 3 } }];
    return {
      toolCalls: text.includes("zero")
        ? [...calls, { name: "divide", arguments: { a: 1, b: 0 } }, { name: "add", arguments: { a: 1, b: 2 } }]
        : calls,
    };
  }
  return { text: `Answer ${sequence}, it's "fine".`, outputTokens: 5 + (sequence % 3) };
};

/** Real runs: texts, tools that work and fail, objects, refusals, a conversation of several turns, a branch. */
async function populate(storage: EntityStorage): Promise<{ thread: ChatThread; version: string; branched: ChatThread }> {
  const clock = new TestClock();
  const registry = new EntityRegistry(storage, { now: () => new Date(clock.now()) });
  const callables = new CallableRegistry();
  const input = z.object({ a: z.number(), b: z.number() });
  const add = callables.register({ name: "add", docstring: "Adds", input, output: z.number(), run: ({ a, b }) => a + b });
  const divide = callables.register({
    name: "divide",
    docstring: "Divides",
    input,
    output: z.number(),
    run({ a, b }) {
      if (b === 0) throw new Error("division by zero");
      return a / b;
    },
  });
  const now = () => clock.now();
  const clients = {
    openai: new ScriptedChatClient({ script, provider: "openai", now }),
    anthropic: new ScriptedChatClient({ script, provider: "anthropic", now }),
  };
  const orchestrator = new InferenceOrchestrator({ registry, clients, callables, clock, maxRepairs: 0, ledger: true });
  const [brief, exact] = [
    new SystemPrompt({ name: "brief", content: "Be brief." }),
    new SystemPrompt({ name: "exact", content: "Be exact." }),
  ];
  const text = LLMConfig.create({ client: "openai", model: "gpt-5-mini" });
  const claude = LLMConfig.create({ client: "anthropic", model: "claude-sonnet-4-5" });
  const auto = LLMConfig.create({ client: "openai", model: "gpt-5-mini", responseFormat: "auto_tools" });
  const forced = LLMConfig.create({ client: "openai", model: "gpt-5", responseFormat: "tool" });
  const place = StructuredTool.fromZod(z.object({ city: z.string() }), { name: "place" });
  const long = ChatThread.create({ name: "long", newMessage: "Hello", llmConfig: text, systemPrompt: brief });
  const tools = [add, divide];
  await orchestrator.runParallel(
    [
      long,
      ChatThread.create({ name: "claude", newMessage: "Hello", llmConfig: claude, systemPrompt: exact }),
      ChatThread.create({ name: "tools", newMessage: "divide 6 by 3", llmConfig: auto, tools, systemPrompt: exact }),
      ChatThread.create({ name: "failing tools", newMessage: "divide by zero", llmConfig: auto, tools }),
      ChatThread.create({ name: "refused", newMessage: "the forbidden", llmConfig: text }),
      ChatThread.create({ name: "cut off", newMessage: "go on for ever", llmConfig: text }),
      ChatThread.create({ name: "cut off too", newMessage: "go on for ever", llmConfig: claude }),
      ChatThread.create({ name: "tower", newMessage: "Which city has the Eiffel tower?", llmConfig: forced, forcedOutput: place }),
      ChatThread.create({ name: "forum", newMessage: "Which city has the Forum?", llmConfig: forced, forcedOutput: place }),
      ChatThread.create({ name: "tower again", newMessage: "Which city has the Eiffel tower?", llmConfig: forced, forcedOutput: place }),
    ],
    { run: "first" },
  );
  const version = long.ecsId;
  clock.time = start + 7 * day;
  for (const newMessage of ["And then?", "And \u{1F600}?"]) {
    long.newMessage = newMessage;
    await orchestrator.runParallel([long], { run: "second" });
  }
  const branched = await branchThread(registry, version, (copy) => {
    copy.newMessage = "Or else?";
    copy.systemPrompt = exact;
  });
  await orchestrator.runParallel([branched], { run: "second", onConflict: "branch" });
  return { thread: long, version, branched };
}

function grouped<Item>(items: readonly Item[], key: (item: Item) => string): [string, Item[]][] {
  return [...Map.groupBy(items, key)].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number | null): number {
  return items.reduce((total, item) => total + (of(item) ?? 0), 0);
}

/** Rows as both databases mean them: Postgres gives sums and averages as texts. */
function plain(rows: readonly Row[]): Row[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([column, value]) => [
        column,
        typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value)
          ? Number(Number(value).toPrecision(12))
          : typeof value === "number"
            ? Number(value.toPrecision(12))
            : value,
      ]),
    ),
  );
}

const directory = await mkdtemp(join(tmpdir(), "minference-sql-"));
afterAll(() => rm(directory, { recursive: true, force: true }));
const path = join(directory, "chats.db");
const url = await testDatabase();
const tables = threadEntities;

describe.each([
  {
    name: "SQLite",
    open: () => openSqlite(path, { tables }),
    ask: async (statement: string): Promise<Row[]> => {
      const database = new BetterSqlite3(path, { readonly: true });
      const rows = database.prepare<[], Row>(statement).all();
      database.close();
      return rows;
    },
  },
  {
    name: "Postgres",
    open: () => openPostgres(url, { tables }),
    ask: async (statement: string): Promise<Row[]> => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query("set search_path = minference; set time zone 'UTC'");
      const { rows } = await client.query<Row>(statement);
      await client.end();
      return rows;
    },
  },
])("the questions of sql.md, on $name", async ({ open, ask }) => {
  const storage = await open();
  afterAll(() => storage.close());
  const { thread, version, branched } = await populate(storage);
  const registry = new EntityRegistry(storage, { entities: tables });
  const all = <Class extends AnyEntityClass>(entityClass: Class) => Array.fromAsync(registry.listByType(entityClass, { versions: "all" }));
  const heads = <Class extends AnyEntityClass>(entityClass: Class) => Array.fromAsync(registry.listByType(entityClass));
  const answer = async (heading: string, values?: Readonly<Record<string, string>>) => plain(await ask(question(heading, values)));

  test("every class has its table, whose rows are those of its payloads", async () => {
    expect((await storage.typedTables()).flatMap(({ types }) => types).toSorted()).toEqual(
      tables.map(({ definition }) => definition.name).toSorted(),
    );
    expect(await storage.verify()).toEqual([]);
  });

  test("tokens and money by model", async () => {
    const usages = (await all(Usage)).filter(({ createdAt }) => createdAt.getTime() >= Date.UTC(2026, 0, 12));
    expect(usages.length).toBeGreaterThan(0);
    expect(await answer("Tokens and money by model")).toEqual(
      plain(
        grouped(usages, ({ model }) => model).map(([model, of]) => ({
          model,
          answers: of.length,
          prompt_tokens: sum(of, ({ promptTokens }) => promptTokens),
          completion_tokens: sum(of, ({ completionTokens }) => completionTokens),
          usd: sum(of, ({ costUsd }) => costUsd),
        })),
      ),
    );
  });

  test("the longest threads", async () => {
    const threads = (await heads(ChatThread)).map(({ name, lineageId, history }) => ({
      name,
      lineage_id: lineageId,
      messages: history.length,
    }));
    const sorted = threads.toSorted((a, b) => b.messages - a.messages || String(a.name).localeCompare(String(b.name), "en"));
    expect(await answer("The longest threads")).toEqual(sorted.slice(0, 5));
  });

  test("failed threads by error code", async () => {
    const failed = (await heads(LedgerEntry)).filter(({ status }) => status === "failed");
    const expected = grouped(failed, ({ error }) => error?.code ?? "").map(([code, of]) => ({ code, threads: of.length }));
    expect(expected.length).toBeGreaterThan(1);
    expect(await answer("Failed threads")).toEqual(expected.toSorted((a, b) => b.threads - a.threads));
  });

  test("tools by calls", async () => {
    const results = (await all(ChatMessage)).filter(({ role }) => role === "tool");
    const expected = grouped(results, ({ toolName }) => toolName ?? "").map(([name, of]) => ({
      tool_name: name,
      calls: of.length,
      error_rate: sum(of, ({ isError }) => Number(isError)) / of.length,
    }));
    expect(expected.some(({ error_rate }) => error_rate > 0)).toBe(true);
    expect(await answer("Tools by calls")).toEqual(plain(expected.toSorted((a, b) => b.calls - a.calls)));
  });

  test("the messages of each version of a thread", async () => {
    const { versions } = await registry.lineage(thread.lineageId);
    expect(versions.length).toBeGreaterThan(6);
    for (const { ecsId } of versions) {
      const { history } = await registry.get(ChatThread, ecsId);
      const expected = Array.from(history, ({ role, content }, position) => ({ position, role, content }));
      expect(await answer("The messages of a thread", { version: ecsId })).toEqual(expected);
    }
    expect(await answer("The messages of a thread", { version })).toHaveLength(2);
  });

  test("the branches of a thread", async () => {
    const branches = await answer("The branches of a thread", { thread: thread.lineageId });
    expect(branches).toMatchObject([
      { ecs_id: thread.ecsId, messages: thread.history.length },
      { ecs_id: branched.ecsId, messages: branched.history.length },
    ]);
  });

  test("milliseconds to an answer", async () => {
    const times = (await all(ProcessedOutput)).map(({ timeTaken }) => timeTaken).toSorted((a, b) => a - b);
    const at = (share: number) => times[Math.ceil(share * times.length) - 1];
    expect(await answer("Milliseconds to an answer")).toEqual([{ median: at(0.5), p90: at(0.9), p99: at(0.99) }]);
  });

  test("tokens and money by run and thread", async () => {
    const names = new Map((await heads(ChatThread)).map(({ lineageId, name }) => [lineageId, name]));
    const usages = await all(Usage);
    const expected = grouped(usages, ({ runId, chatThreadId }) => `${runId} ${names.get(chatThreadId ?? "")}`).map(([, of]) => ({
      run_id: of[0]?.runId,
      name: names.get(of[0]?.chatThreadId ?? ""),
      tokens: sum(of, ({ totalTokens }) => totalTokens),
      usd: sum(of, ({ costUsd }) => costUsd),
    }));
    expect(await answer("Tokens and money by run")).toEqual(plain(expected));
  });

  test("objects by tool", async () => {
    const objects = await all(GeneratedJsonObject);
    const expected = grouped(objects, ({ name, object }) => `${name} ${JSON.stringify(object)}`).map(([, of]) => ({
      name: of[0]?.name,
      city: z.object({ city: z.string() }).parse(of[0]?.object).city,
      objects: of.length,
    }));
    expect(expected.map(({ city }) => city)).toEqual(["Paris", "Rome"]);
    expect(await answer("Objects by tool")).toEqual(expected);
  });

  test("prompts by threads", async () => {
    const used = (await heads(ChatThread)).flatMap(({ systemPrompt, lineageId }) =>
      systemPrompt === null ? [] : { systemPrompt, lineageId },
    );
    const expected = grouped(used, ({ systemPrompt }) => systemPrompt.name).map(([name, of]) => ({
      name,
      content: of[0]?.systemPrompt.content,
      threads: new Set(of.map(({ lineageId }) => lineageId)).size,
    }));
    expect(await answer("Prompts by the threads")).toEqual(expected.toSorted((a, b) => b.threads - a.threads));
  });

  test("what each answer was asked with", async () => {
    const outputs = await all(ProcessedOutput);
    const asked = await Promise.all(
      outputs.map(async ({ rawOutput, usage }) => {
        const { llmConfig } = await registry.get(ChatThread, rawOutput.chatThreadVersionId ?? "");
        return {
          model: llmConfig.model,
          format: llmConfig.responseFormat,
          provider: rawOutput.provider,
          tokens: usage?.completionTokens ?? 0,
        };
      }),
    );
    const expected = grouped(asked, ({ model, format }) => `${model} ${format}`).map(([, of]) => ({
      model: of[0]?.model,
      response_format: of[0]?.format,
      provider: of[0]?.provider,
      answers: of.length,
      completion_tokens: sum(of, ({ tokens }) => tokens),
    }));
    expect((await all(RawOutput)).length).toBe(outputs.length);
    expect(await answer("What each answer")).toEqual(expected);
  });
});
