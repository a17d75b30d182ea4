import { expect, test } from "vitest";
import { OpenaiStream } from "./openai-stream.ts";

type Piece = readonly [index: number | null, id: string | null, name: string | null, argumentsText: string];

const two = [
  ["f", '{"a":1}'],
  ["g", '{"b":2}'],
];

test.each<[string, Piece[]]>([
  [
    "as they should be",
    [
      [0, "x", "f", '{"a":'],
      [1, "y", "g", '{"b":2}'],
      [0, null, null, "1}"],
    ],
  ],
  [
    "of one index, as Gemini's servers send them",
    [
      [0, "x", "f", '{"a":1}'],
      [0, "y", "g", '{"b":2}'],
    ],
  ],
  [
    "of one index, with pieces that follow",
    [
      [0, "x", "f", '{"a":'],
      [0, "", "", "1}"],
      [0, "y", "g", '{"b":'],
      [0, "y", "g", "2}"],
    ],
  ],
  [
    "without an index",
    [
      [null, "x", "f", '{"a":'],
      [null, null, null, "1}"],
      [null, "y", "g", '{"b":2}'],
    ],
  ],
  [
    "with new ids for all pieces, as older versions of vLLM send them",
    [
      [0, "x", "f", '{"a":'],
      [0, "z", null, "1}"],
      [1, "y", "g", '{"b":2}'],
    ],
  ],
])("puts calls together that come %s", (_, pieces) => {
  const stream = new OpenaiStream();
  const places = new Set<number>();
  for (const [index, id, name, argumentsText] of pieces) {
    const call = { index, id, function: { name, arguments: argumentsText } };
    const told = stream.take({ choices: [{ delta: { tool_calls: [call] } }] });
    if ("kind" in told) throw new Error("It was taken for an error.");
    for (const piece of told) places.add(piece.part);
  }
  expect(places.size).toBe(2);
  const calls = two.map(([name, text], at) => ({ id: at === 0 ? "x" : "y", type: "function", function: { name, arguments: text } }));
  expect(stream.body()).toMatchObject({ choices: [{ message: { tool_calls: calls } }] });
});
