import { assistantMessage, type Message, systemMessage, toolMessage, userMessage } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import { expect, test } from "vitest";
import { scriptedTasks } from "./scripted-tasks.ts";
import { taskInstructions } from "./task.ts";

const schema = {
  type: "object",
  properties: { at: { type: "string" }, next: { type: "string" } },
  required: ["at", "next"],
  additionalProperties: false,
};
const model = scriptedTasks([
  {
    id: "t",
    tools: [{ name: "walk.to", description: "", inputSchema: schema }],
    turns: [{ said: "Walk.", steps: [[{ name: "walk.to", arguments: { at: "here" } }]], answer: "Done." }],
  },
]);

const start: readonly Message[] = [systemMessage(taskInstructions("t")), userMessage("Walk.")];
const call = (at: string) =>
  assistantMessage([{ type: "tool_call", id: "c", name: "walk_to", arguments: { at, next: null }, argumentsText: "" }]);
const result = (content: string, isError = false) => toolMessage([{ toolCallId: "c", content, isError }]);
const right = '{"tool":"walk.to","received":{"at":"here"}}';

function ask(...messages: readonly Message[]): ReturnType<SimulatedScript> {
  const tools = [{ name: "walk_to", inputSchema: schema, strict: true }];
  return model({ wire: "openai", sequence: 0, request: { model: "m", maxTokens: 10, messages, tools } });
}

test("makes the right calls under the names on offer, with nulls where strict mode demands them, and then answers", async () => {
  expect(await ask(...start)).toEqual({ toolCalls: [{ name: "walk_to", arguments: { at: "here", next: null } }] });
  expect(await ask(...start, call("here"), result(right))).toEqual({ text: "Done." });
});

test.each([
  ["another task", [systemMessage(taskInstructions("u")), userMessage("Walk.")], /No task/],
  ["another question", [systemMessage(taskInstructions("t")), userMessage("Run.")], /did not say this/],
  ["another call", [...start, call("there"), result(right)], /not those that were made/],
  ["another result", [...start, call("here"), result("{}")], /another result/],
  ["an error", [...start, call("here"), result(right, true)], /another result/],
  ["no result", [...start, call("here"), userMessage("?")], /results are missing/],
  ["more than there is", [...start, call("here"), result(right), assistantMessage("Done."), userMessage("?")], /nothing was to be said/],
])("refuses a conversation with %s", async (_, messages, reason) => {
  expect(await ask(...messages)).toMatchObject({ refuse: { status: 400, message: expect.stringMatching(reason) } });
});
