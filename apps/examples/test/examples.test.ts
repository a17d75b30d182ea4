import { testDatabase } from "@minference/tooling-postgres";
import { expect, test } from "vitest";
import { run } from "./run.ts";

const database = await testDatabase();

test("parallel-text: every question has its own answer", async () => {
  const { lines } = await run("parallel-text");
  expect(lines.slice(0, -1).toSorted()).toEqual(
    [
      "France: Paris",
      "Japan: Tokyo",
      "Brazil: Brasília",
      "Kenya: Nairobi",
      "Norway: Oslo",
      "Peru: Lima",
      "Egypt: Cairo",
      "Canada: Ottawa",
      "Mongolia: Ulaanbaatar",
      "Portugal: Lisbon",
      "Ghana: Accra",
      "Fiji: Suva",
    ].toSorted(),
  );
  expect(lines.at(-1)).toMatch(/^12 questions, [1-9]\d* tokens$/);
});

test("several-providers: each answers for itself, over its own wire", async () => {
  const { lines, notes } = await run("several-providers");
  expect(notes.map((note) => note.split(":")[0])).toEqual(["openai (simulated)", "anthropic (simulated)"]);
  expect(lines).toEqual([
    "openai (simulated): Name one use of helium. Cooling MRI magnets.",
    "openai (simulated): Name one river in Asia. The Mekong.",
    "openai (simulated): Name one prime number above 90. 97.",
    expect.stringMatching(/^openai \(simulated\): [1-9]\d* tokens read, [1-9]\d* written$/),
    "anthropic (simulated): Name one use of helium. Filling balloons.",
    "anthropic (simulated): Name one river in Asia. The Yangtze.",
    "anthropic (simulated): Name one prime number above 90. 101.",
    expect.stringMatching(/^anthropic \(simulated\): [1-9]\d* tokens read, [1-9]\d* written$/),
  ]);
});

test("tools: both calls of a turn run, and the next uses a result", async () => {
  expect((await run("tools")).lines).toEqual([
    'current_weather({"city":"Lisbon"}) gave {"celsius":24,"sky":"clear"}',
    'current_weather({"city":"Oslo"}) gave {"celsius":11,"sky":"rain"}',
    'celsius_to_fahrenheit({"celsius":24}) gave 75.2',
    "It is warmer in Lisbon: 75.2 °F.",
  ]);
});

test("sequential-tools: each agent takes its own way to the goal, nudged where it stops", async () => {
  expect((await run("sequential-tools")).lines).toEqual([
    "ticket A17 (completed): find_order → refund → close_ticket",
    "  closed: Refunded",
    "ticket B52 (completed): find_order → close_ticket",
    "  closed: The lamp is not broken; sent instructions",
  ]);
});

test("workflow: a step that failed is taken again, then the next", async () => {
  expect((await run("workflow")).lines).toEqual([
    "list_claims: 3 claims taken down",
    "rate_claims: refused, rate_claims failed: There are 3 claims, not 2",
    'rate_claims: ["2: It carries 9,000 cars a day","4: It cost 12 million","5: The bridge was opened on Monday"]',
    "choose_claim: to be checked: The bridge was opened on Monday",
    "completed after 4 requests, step 3 of 3",
  ]);
});

test("structured-output: an answer that does not fit is corrected", async () => {
  expect((await run("structured-output")).lines).toEqual([
    "invoice 2041: 395 EUR, lines: 3, corrections: 0",
    "invoice A-7: 59 USD, lines: 1, corrections: 1",
  ]);
});

test("reasoning: thoughts come along and go back", async () => {
  const { lines } = await run("reasoning");
  expect(lines.filter((line) => !line.startsWith("tokens"))).toEqual([
    "asked: A bat and a ball cost 1.10 together. The bat costs 1 more than the ball. What does the ball cost?",
    "thought: x + (x + 1.00) = 1.10, so x = 0.05.",
    "answered: The ball costs 0.05.",
    "asked: And the bat?",
    "thought: I found x = 0.05 before; 0.05 + 1.00.",
    "answered: The bat costs 1.05.",
  ]);
});

test("long-context: a turn stores what it adds, not the document again", async () => {
  const { lines } = await run("long-context");
  expect(lines.filter((_, index) => index % 2 === 0)).toEqual([
    "Which pump stopped? Pump 7.",
    "In which line of the log? Line 1234.",
    "What was its pressure? 0.2 bar.",
  ]);
  const costs = lines.flatMap((line) => Array.from(line.matchAll(/(\d+) tokens read, (\d+) of them cached; (\d+) bytes/g)));
  const [first, second, third] = costs.map(([, read, cached, stored]) => [Number(read), Number(cached), Number(stored)]);
  expect(first?.[0]).toBeGreaterThan(15_000);
  expect(second?.[1]).toBeGreaterThan(10_000);
  expect(first?.[2]).toBeLessThan(15_000);
  expect(Math.abs((third?.[2] ?? 0) - (second?.[2] ?? 0))).toBeLessThan(1_000);
});

test("openrouter: two makers behind one key, thoughts included", async () => {
  expect((await run("openrouter")).lines).toEqual([
    "openrouter (simulated), meta-llama/llama-3.3-70b-instruct: 3",
    "openrouter (simulated), deepseek/deepseek-r1: 3 (thought: st-r-awbe-r-r-y.)",
  ]);
});

test("mcp-tool: a server's tools run beside a function, approved where that is asked for", async () => {
  expect((await run("mcp-tool")).lines).toEqual([
    "tools: library__find, library__borrow, shelf_floor",
    'asked whether library__borrow{"title":"Middlemarch"} may run: yes',
    'library__find: {"title":"Middlemarch","author":"George Eliot","shelf":"E4"} {"title":"Silas Marner","author":"George Eliot","shelf":"E4"}',
    "shelf_floor: 1",
    "library__borrow: Middlemarch is yours for two weeks",
    "Middlemarch and Silas Marner, on floor 1. Middlemarch is yours for two weeks.",
  ]);
});

test("streaming: the pieces told of each answer add up to what is stored", async () => {
  const { lines } = await run("streaming");
  const piecesOf = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}: …`)).map((line) => line.slice(name.length + 3));
  expect(piecesOf("spring").length).toBeGreaterThan(1);
  expect(piecesOf("spring").join("")).toBe("Snow leaves the window; a bird begins in the dark and nobody sleeps.");
  expect(piecesOf("autumn").join("")).toBe("The last apple falls; somewhere a gate is closing, slowly, by itself.");
  expect(lines.filter((line) => line === "the pieces add up to it: true")).toHaveLength(2);
});

test("budget: what would not fit is not sent", async () => {
  const { lines } = await run("budget");
  expect(lines.slice(0, 2).every((line) => line.includes("as patient as"))).toBe(true);
  expect(lines.slice(2, 5).every((line) => line.includes("no answer (budget_exceeded)"))).toBe(true);
  expect(lines.at(-1)).toBe("2 answers, within the budget: true");
});

test("branching: the best branch is kept, and an older point gone on from", async () => {
  expect((await run("branching")).lines).toEqual([
    "0.14 Our bread is rising to the occasion.",
    "0.13 Get out of bed for Crust's good bread.",
    "0.33 Crust. Real bread. (kept)",
    "0.13 Crust, purveyor of honest bread since this morning.",
    "instead: Let them eat cake at Crust.",
    "both come from the version after the first turn: true",
    "  since then: It is the bread. Write a very short slogan with the word bread. | Crust. Real bread.",
    "  since then: It is the cake. Write a slogan with the word cake. | Let them eat cake at Crust.",
    "branches in all: 5",
  ]);
});

test("resume: what was answered is not asked again, what was under way is in doubt", async () => {
  expect((await run("resume")).lines).toEqual([
    "broken off: 3 cancelled, 3 completed",
    "run countries: 3 of 6 completed",
    "resumed: 3 completed, 3 in_doubt",
    "resumed with retry: 6 completed",
    "Lima: Peru (sent 1 times)",
    "Oslo: Norway (sent 1 times)",
    "Cairo: Egypt (sent 1 times)",
    "Hanoi: Vietnam (sent 2 times)",
    "Quito: Ecuador (sent 2 times)",
    "Turin: Italy (sent 2 times)",
  ]);
});

test("postgres: what two workers wrote is read by a third, and by SQL", async () => {
  expect((await run("postgres", { MINFERENCE_POSTGRES_URL: database })).lines.toSorted()).toEqual([
    expect.stringMatching(/^gpt-4\.1-mini: 4 answers, [1-9]\d* tokens$/),
    "rain: Rain is water that has had enough of the sky.",
    "rivers: Rivers are rain going home.",
    "salt: Salt is what the sea remembers of the land.",
    "sand: Sand is a mountain, later.",
  ]);
});

test("custom-storage: a conversation is read back from the file", async () => {
  expect((await run("custom-storage")).lines).toEqual([
    "user: Say something worth keeping.",
    "assistant: What is written down can be found again.",
    "3 commits, 13 versions, read back from journal.jsonl",
  ]);
});

test("custom-provider: a client of one's own beside another", async () => {
  expect((await run("custom-provider")).lines).toEqual([
    "eliza: How long have you been worried about your exam?",
    "openai (simulated): That is understandable. Which part worries you most?",
  ]);
});

test("fork-and-register: versions, conflict, branch and merge as told", async () => {
  const { lines, notes } = await run("fork-and-register");
  expect(notes).toEqual([]);
  expect(lines).toEqual([
    "registered: 4 versions, one commit",
    "modified: Task (changed), Board (reached), Project (reached)",
    "registered again: 3 versions; same objects, new ids: true",
    "edited back and forth: unchanged",
    "the first version still says: done = false, parent = null",
    "diff of the task: done false → true",
    "stored by somebody else first: the edit is refused, and still in memory",
    "kept as a branch: 3 versions, 2 heads",
    "merged: owner Grace, first task done = true",
  ]);
});

test("lineage-diagram: a branch, and what the thread is made of", async () => {
  const [lineage = "", graph = ""] = (await run("lineage-diagram")).lines;
  expect(lineage.match(/-->/g)).toHaveLength(5);
  expect(lineage).toContain("  v2 --> v3\n");
  expect(lineage).toContain("  v2 --> v4\n");
  expect(lineage).toContain("  class v5,v6 head\n");
  expect(graph.match(/ChatMessage/g)).toHaveLength(4);
});

test("serialisation: tools, threads, messages and histories as data, and back", async () => {
  expect((await run("serialisation")).lines).toEqual([
    "tool: roll(sides)",
    "thread: 4 messages, the last: You rolled a 6.",
    'message: "user" "Roll a die with 12 sides and tell me the result."',
    'message: "assistant" null',
    'message: "tool" "6"',
    'message: "assistant" "You rolled a 6."',
    "read back: 4 messages",
    "history: 12 versions in 6 lines; the same version says: You rolled a 6.",
  ]);
});
