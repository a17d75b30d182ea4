import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = `
  import { registerHooks } from "node:module";
  const loaded = new Set();
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "openai" || specifier === "@anthropic-ai/sdk") loaded.add(specifier);
      return next(specifier, context);
    },
  });
  const { createChatClient } = await import(${JSON.stringify(new URL("../index.ts", import.meta.url).href)});
  const atFirst = [...loaded];
  createChatClient({ provider: "anthropic", apiKey: "sk-test" });
  const forAnthropic = [...loaded];
  createChatClient({ provider: "litellm", apiKey: "sk-test", baseUrl: "http://127.0.0.1:9" });
  console.log(JSON.stringify({ atFirst, forAnthropic, forBoth: [...loaded] }));
`;

test("a client loads the SDK that it speaks through, and no other", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=@minference/source",
    "--input-type=module",
    "--eval",
    program,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    atFirst: [],
    forAnthropic: ["@anthropic-ai/sdk"],
    forBoth: ["@anthropic-ai/sdk", "openai"],
  });
});
