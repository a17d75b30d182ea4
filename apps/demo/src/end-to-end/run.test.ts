import { join } from "node:path";
import { testDatabase } from "@minference/tooling-postgres";
import { finalNumber } from "@minference/word-problems";
import { describe, expect, it } from "vitest";
import { runDocument, shownHistory, shownList, shownThread } from "../testing/demo-documents.ts";
import { startDemo } from "../testing/demo-process.ts";
import { runHere } from "../testing/run-here.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const cwd = temporaryDirectory();
const count = 6;

describe.each([
  ["SQLite", async () => `sqlite:${join(cwd, "run.db")}`],
  ["Postgres", testDatabase],
])("demo on %s", async (_, place) => {
  const storage = await place();
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, stderr, stdout } = await runHere([...args, "--storage", storage, "--json"]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  it("solves every problem and stores every conversation whole", async () => {
    const report = runDocument.parse(await json("--limit", String(count)));
    expect(report).toMatchObject({ problems: count, right: count, failed: 0, cancelled: 0, badLines: 0 });
    expect(report.providers).toHaveLength(2);
    for (const { answered, label, model, refused, retries, server } of report.providers) {
      expect(label).toContain("(simulated)");
      expect(model).toContain("simulated");
      expect({ refused, retries }).toEqual({ refused: 0, retries: 0 });
      expect(server).toEqual({
        received: answered,
        answered,
        refused: 0,
        duplicates: 0,
        abandoned: 0,
        byStatus: { 200: answered },
      });
    }

    const answered = report.providers.reduce((sum, provider) => sum + provider.answered, 0);
    let answers = 0;
    const shown = await Promise.all(report.threads.map(async ({ id }) => shownThread.parse(await json("show", id ?? ""))));
    for (const [index, thread] of shown.entries()) answers += checkConversation(thread, report.threads[index]?.expected ?? Number.NaN);
    expect(answers).toBe(answered);

    const list = shownList.parse(await json("list", "--limit", "1000"));
    expect(list.total).toBe(count);
    expect(new Set(list.conversations.map(({ id }) => id))).toEqual(new Set(report.threads.map(({ id }) => id)));
  });

  it("keeps every version loadable", async () => {
    const [latest] = shownList.parse(await json("list", "--limit", "1")).conversations;
    const now = shownThread.parse(await json("show", latest?.id ?? ""));
    const { lineageId, versions } = shownHistory.parse(await json("history", now.lineageId));
    expect(lineageId).toBe(now.lineageId);
    expect(versions.at(-1)?.id).toBe(now.id);
    expect(versions.length).toBeGreaterThanOrEqual(4);
    const old = await Promise.all(versions.slice(0, 4).map(async ({ id }) => shownThread.parse(await json("show", id))));
    for (const [index, version] of old.entries()) {
      expect(version.messages).toEqual(now.messages.slice(0, version.messages.length));
      expect(version.messages.length).toBeGreaterThan(index === 0 ? -1 : (old[index - 1]?.messages.length ?? 0));
    }

    const [first, last] = [versions[0]?.id ?? "", versions.at(-1)?.id ?? ""];
    const diff = await runHere(["diff", first, last, "--storage", storage]);
    expect(diff.stdout.split("\n").filter((line) => line.startsWith("+ "))).toHaveLength(
      now.messages.length - (old[0]?.messages.length ?? 0),
    );
  });
});

it("counts what each run stored alone, of those in one database at once and of those in one process", async () => {
  const storage = ["--storage", `sqlite:${join(cwd, "shared.db")}`, "--json"];
  const other = startDemo(["--limit", "5", ...storage], { cwd });
  await other.seen(/^run /m);
  const here = ["2", "3"].map((limit) => runHere(["--limit", limit, ...storage]));
  const runs = await Promise.all([...here, other.result]);
  const reports = runs.map(({ stdout }) => runDocument.parse(JSON.parse(stdout)).storage);
  const added = reports.map(({ versionsAdded }) => versionsAdded);
  expect(Math.min(...added)).toBeGreaterThan(0);
  expect(added.reduce((sum, versions) => sum + versions, 0)).toBe(Math.max(...reports.map(({ versions }) => versions)));
});

/** Holds a conversation against the rules; returns the number of its answers. */
function checkConversation({ client, messages, model }: ReturnType<typeof shownThread.parse>, expected: number): number {
  expect(client).toContain("(simulated)");
  expect(model).toContain("simulated");
  expect(messages[0]?.role).toBe("user");
  const last = messages.at(-1);
  expect(last?.role).toBe("assistant");
  expect(finalNumber(last?.content ?? "")).toBe(expected);
  const calls = messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id }) => id));
  const results = messages.flatMap(({ isError, role, toolCallId }) => (role === "tool" && isError === false ? [toolCallId] : []));
  expect(calls.length).toBeGreaterThanOrEqual(2);
  expect(results).toEqual(calls);
  return messages.filter(({ role }) => role === "assistant").length;
}
