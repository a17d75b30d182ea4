import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatMessage, ChatThread, LLMConfig, SystemPrompt } from "@minference/threads";
import { beforeEach, describe, expect, it } from "vitest";
import { diffThreads } from "./diff-threads.ts";
import { listThreads } from "./list-threads.ts";
import { resolveThread } from "./resolve-thread.ts";
import { showThread } from "./show-thread.ts";
import { threadHistory } from "./thread-history.ts";

const evil = "\u001b]0;gotcha\u0007\u001b[2Jhello\r\u202eworld\u009b31m";
const timestamp = new Date(0);

let registry: EntityRegistry;
let thread: ChatThread;
let first: string;

beforeEach(async () => {
  registry = new EntityRegistry(new MemoryStorage());
  thread = new ChatThread({
    name: evil,
    llmConfig: new LLMConfig({ client: evil, model: evil }),
    systemPrompt: new SystemPrompt({ name: evil, content: evil }),
    history: [new ChatMessage({ timestamp, role: "user", content: evil })],
  });
  await registry.register(thread);
  first = thread.ecsId;
  thread.history.push(
    new ChatMessage({
      timestamp,
      role: "assistant",
      content: "two\nlines",
      parts: [
        { type: "text", text: "two\nlines" },
        { type: "tool_call", id: "a", name: evil, argumentsText: evil },
      ],
    }),
    new ChatMessage({ timestamp, role: "tool", content: evil, toolName: evil, toolCallId: "a", isError: true }),
  );
  thread.newMessage = evil;
  await registry.register(thread);
});

describe("what is shown of a store", () => {
  it("holds no control character that came from a person or a model", async () => {
    const shown = await Promise.all([
      listThreads(registry, null),
      showThread(registry, thread.ecsId),
      threadHistory(registry, thread.ecsId),
      diffThreads(registry, first, thread.ecsId),
    ]);
    for (const { text } of shown) {
      expect(text).toContain("hello");
      // oxlint-disable-next-line no-control-regex -- they are what is looked for
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it("is the conversation as it was in the version asked for", async () => {
    const now = (await showThread(registry, thread.lineageId)).text;
    expect(now).toContain("assistant\n  two\n  lines\n  → \\x1b");
    expect(now).toContain("(error)");
    expect(now).toContain("to be sent");
    const then = (await showThread(registry, first)).text;
    expect(then).toContain("1 message,");
    expect(then).not.toContain("assistant");
  });

  it("names what changed", async () => {
    const { text } = await threadHistory(registry, first);
    expect(text).toContain(`2 versions of conversation ${thread.lineageId}`);
    expect(text.split("\n").filter((line) => /^ {2}\+ (user|assistant|tool)/.test(line))).toHaveLength(3);
    expect(text).toMatch(/^ {2}newMessage: null → "/m);
    expect((await diffThreads(registry, thread.ecsId, first)).text.split("\n").filter((line) => line.startsWith("- "))).toHaveLength(2);
  });

  it("tells branches apart", async () => {
    const other = await registry.get(ChatThread, first);
    other.name = "a branch";
    await registry.register(other, { onConflict: "branch" });
    expect((await threadHistory(registry, first)).text.match(/\(end of a branch\)$/gm)).toHaveLength(2);
    expect((await listThreads(registry, null)).text.trimEnd().split("\n")).toHaveLength(2);
    expect((await listThreads(registry, 1)).text).toContain("1 earlier conversation; --limit N shows more");
  });
});

describe("resolveThread", () => {
  it("takes whole ids of versions and conversations, in either case, and beginnings that fit one alone", async () => {
    const latest = thread.ecsId;
    const unique = (id: string): string => {
      const others = [first, latest, thread.lineageId].filter((other) => other !== id);
      let length = 1;
      while (others.some((other) => other.startsWith(id.slice(0, length)))) length += 1;
      return id.slice(0, length);
    };
    for (const [id, found] of [
      [first, first],
      [latest.toUpperCase(), latest],
      [thread.lineageId, latest],
      [unique(first), first],
      [unique(thread.lineageId), latest],
    ] as const)
      expect((await resolveThread(registry, id)).ecsId, id).toBe(found);
  });

  it.each([
    ["zzz", "No conversation here has the id zzz"],
    ["00000000-0000-7000-8000-000000000000", "No conversation here"],
    ["0", "3 versions and conversations have ids that begin with 0"],
    ["\u001b[2J", "the id \\\\x1b[2J"],
  ])("refuses %j", async (id, message) => {
    await expect(resolveThread(registry, id)).rejects.toThrow(message.replace("\\\\", "\\"));
  });

  it("refuses the id of something that is no conversation", async () => {
    await expect(resolveThread(registry, thread.history[0]?.ecsId ?? "")).rejects.toThrow("No conversation here");
  });
});
