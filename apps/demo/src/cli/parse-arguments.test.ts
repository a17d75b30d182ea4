import { CommandError } from "@minference/command-line";
import { describe, expect, it } from "vitest";
import { parseArguments } from "./parse-arguments.ts";

describe("parseArguments", () => {
  it("runs by default", () => {
    expect(parseArguments([])).toEqual({
      name: "run",
      input: null,
      limit: null,
      storage: { kind: "sqlite", path: "minference-demo.db" },
      providers: null,
      models: [],
      baseUrl: null,
      requestsPerMinute: null,
      tokensPerMinute: null,
      port: 0,
      simulate: false,
      seed: 1,
      keepGoing: false,
      json: false,
      log: null,
    });
  });

  it("reads every option, also behind a bare --", () => {
    const args =
      "-- --input p.jsonl --limit 10 --storage memory: --provider both,vllm --model a --model openai=b=c --base-url http://127.0.0.1:1/v1 --requests-per-minute 900 --tokens-per-minute=300000 --port 8080 --seed 7 --keep-going --json --log run.log";
    expect(parseArguments(args.split(" "))).toEqual({
      name: "run",
      input: "p.jsonl",
      limit: 10,
      storage: { kind: "memory" },
      providers: ["openai", "anthropic", "vllm"],
      models: [
        { provider: null, model: "a" },
        { provider: "openai", model: "b=c" },
      ],
      baseUrl: "http://127.0.0.1:1/v1",
      requestsPerMinute: 900,
      tokensPerMinute: 300000,
      port: 8080,
      simulate: false,
      seed: 7,
      keepGoing: true,
      json: true,
      log: "run.log",
    });
  });

  it("reads the other commands", () => {
    expect(parseArguments(["--simulate"])).toMatchObject({ name: "run", simulate: true });
    expect(parseArguments(["show", "01a"])).toMatchObject({ name: "show", thread: "01a", json: false });
    expect(parseArguments(["history", "01a", "--json"])).toMatchObject({ name: "history", thread: "01a", json: true });
    expect(parseArguments(["diff", "a", "b", "--storage", "sqlite:x"])).toMatchObject({ name: "diff", from: "a", to: "b" });
    expect(parseArguments(["list", "--limit", "3"])).toMatchObject({ name: "list", limit: 3 });
    expect(parseArguments(["runs", "--limit", "3"])).toMatchObject({ name: "runs", limit: 3 });
    expect(parseArguments(["show", "--help"])).toEqual({ name: "help" });
    expect(parseArguments(["-v"])).toEqual({ name: "version" });
  });

  it("reads which run to go on with", () => {
    expect(parseArguments(["--resume", "01A2"])).toEqual({
      name: "resume",
      run: "01A2",
      onDoubt: "retry",
      storage: { kind: "sqlite", path: "minference-demo.db" },
      port: 0,
      json: false,
      log: null,
    });
    const line = "--resume 01a2 --on-doubt ask --storage sqlite:x --json --log r.log --port 1";
    expect(parseArguments(line.split(" "))).toMatchObject({ onDoubt: "ask", json: true, log: "r.log", port: 1 });
  });

  it.each([
    ["--resume nothing", "--resume needs the id of a run"],
    ["--resume 01a --limit 3", "--limit does not go with --resume"],
    ["--resume 01a --on-doubt maybe", '--on-doubt needs ask, retry or fail, not "maybe"'],
    ["--on-doubt ask", "--on-doubt goes with --resume"],
    ["--frobnicate", "Unknown option '--frobnicate'"],
    ["solve", 'There is no command "solve"'],
    ["--limit 0", '--limit needs a whole number of at least 1, not "0"'],
    ["--limit -5", '--limit needs a whole number of at least 1, not "-5"'],
    ["--limit NaN", 'not "NaN"'],
    ["--limit 1.5", 'not "1.5"'],
    ["--limit", "argument missing"],
    ["--requests-per-minute NaN", "--requests-per-minute needs a number above 0"],
    ["--requests-per-minute -1", "--requests-per-minute needs a number above 0"],
    ["--tokens-per-minute 0", "--tokens-per-minute needs a number above 0"],
    ["--tokens-per-minute Infinity", "--tokens-per-minute needs a number above 0"],
    ["--port 65536", "--port needs a whole number from 0 to 65535"],
    ["--seed x", "--seed needs a whole number"],
    ["--provider acme", '--provider "acme" is unknown'],
    ["--model openai=", "--model needs a name"],
    ["--model foo=bar", '--model "foo"=… names no provider; choose from openai, azure_openai, anthropic'],
    ["--simulate --base-url http://x", "--base-url does not go with --simulate"],
    ["--base-url ftp://x", "--base-url needs an http or https address"],
    ["--base-url http://u:p@x", "must not hold a name or a password"],
    ["--storage nowhere", "--storage must be"],
    ["--log=", "--log needs the name of a file"],
    ["--json=yes", "does not take an argument"],
    ["show", "show needs THREAD"],
    ["show ", "show needs THREAD"],
    ["diff a ", "diff needs FROM TO"],
    ["diff a", "diff needs FROM TO"],
    ["show a b", '"b" is one argument too many'],
    ["list --input x", "--input does not go with list"],
  ])("refuses %j in one line", (line, message) => {
    const refused = (): unknown => parseArguments(line.split(" "));
    expect(refused).toThrow(CommandError);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow(/\n/);
    expect(refused).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
