import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runDocument } from "../testing/demo-documents.ts";
import { program, runDemo } from "../testing/demo-process.ts";
import { runHere } from "../testing/run-here.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const cwd = temporaryDirectory();
const at = (name: string): string => join(cwd, name);

const good = { question: "How many are two threes?", answer: "It is 2*3=<<2*3=6>>6.\n#### 6" };
const wrong = { question: "And one and one?", answer: "It is 1+1=<<1+1=3>>3.\n#### 3" };

const before = process.cwd();
process.chdir(cwd);
afterAll(() => process.chdir(before));

beforeAll(async () => {
  writeFileSync(at("mixed.jsonl"), `\n${JSON.stringify(good)}\n{"question": \n${JSON.stringify(wrong)}\n`);
  writeFileSync(at("empty.jsonl"), "\n\n");
  writeFileSync(at("text.db"), "This is no database, but a text that is longer than the header of one. ".repeat(10));
  for (const name of ["newer.db", "read-only.db", "blank.db"]) await (await openSqlite(at(name))).close();
  const newer = new Database(at("newer.db"));
  newer.prepare("insert into minference_migration (name, timestamp) values (?, ?)").run("9999_of_the_future", new Date().toISOString());
  newer.close();
  makeReadOnly(at("read-only.db"));
});

/** Permissions do not stop root, but a write version that SQLite does not know does: https://www.sqlite.org/fileformat.html#file_format_version_numbers */
function makeReadOnly(path: string): void {
  if (process.getuid?.() === 0) {
    const file = openSync(path, "r+");
    writeSync(file, Uint8Array.of(9), 0, 1, 18);
    closeSync(file);
  } else {
    chmodSync(path, 0o444);
  }
}

describe("bad input", () => {
  it.each([
    ["a missing file", ["--input", "none.jsonl"], 1, /^demo: Can't read none\.jsonl: there is no such file$/],
    ["a malformed line", ["--input", "mixed.jsonl"], 1, /^demo: mixed\.jsonl:3: not valid JSON \(and 1 more\); --keep-going/],
    ["an empty file", ["--input", "empty.jsonl"], 1, /^demo: empty\.jsonl holds no problems$/],
    ["an unknown option", ["--colour"], 2, /^demo: Unknown option '--colour' \(see --help\)$/],
    ["an unknown command", ["solve"], 2, /^demo: There is no command "solve"/],
    ["a number that is none", ["--limit", "NaN"], 2, /^demo: --limit needs a whole number/],
    ["a negative number", ["--tokens-per-minute", "-5"], 2, /^demo: --tokens-per-minute needs a number above 0/],
    ["a bad storage URL", ["--storage", "postgres://u:s3cret@:x/d"], 2, /^demo: --storage is not a valid Postgres URL/],
    ["an unreachable Postgres", ["--storage", "postgres://u:s3cret@127.0.0.1:1/d"], 1, /^demo: .*127\.0\.0\.1/],
    ["a missing directory", ["--storage", "sqlite:no/such/place.db"], 1, /^demo: .*directory/],
    ["a file that is no database", ["--storage", "sqlite:text.db"], 1, /^demo: .*text\.db.*not a SQLite database/],
    ["a database of a newer version", ["--storage", "sqlite:newer.db"], 1, /^demo: .*newer version/],
    ["an unknown conversation", ["show", "abc", "--storage", "sqlite:blank.db"], 1, /^demo: No conversation here has the id abc/],
    ["a database that is not there", ["show", "abc"], 1, /^demo: Can't open minference-demo\.db: there is no such file/],
    ["a provider that can't be simulated", ["--provider", "vllm"], 1, /^demo: vllm can't be simulated/],
  ])("says in one line what is wrong with %s", async (_, args, code, line) => {
    const result = await runHere([...args, ...(args.includes("--storage") || args[0] === "show" ? [] : ["--storage", "memory:"])]);
    expect(result.stderr.trimEnd()).toMatch(line);
    expect(result.stderr.trimEnd()).not.toContain("\n");
    expect(result.stderr).not.toContain("s3cret");
    expect(result).toMatchObject({ code, stdout: "" });
  });

  it.each([
    ["an argument", ["--colour"], 2, "demo: Unknown option '--colour' (see --help)\n"],
    ["a run that can't start", ["--input", "none.jsonl"], 1, "demo: Can't read none.jsonl: there is no such file\n"],
  ])("ends its process with that line and a code for %s", async (_, args, code, stderr) => {
    expect(await runDemo(args, { cwd })).toEqual({ code, stderr, stdout: "" });
  });

  // Only Linux has a device that is always full.
  it.skipIf(!existsSync("/dev/full"))("says in one line that its output can't be written", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, ["--conditions=@minference/source", program, "--help"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "demo: Can't write the output: no space is left\n" });
  });

  it("says that a port is in use", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const address = holder.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, stderr } = await runHere(["--port", String(port), "--storage", "memory:"]);
    holder.close();
    expect(stderr).toBe(`demo: Can't start the simulated provider on 127.0.0.1:${port}: the port is in use; give another --port\n`);
    expect(code).toBe(1);
  });

  it("says that a file is read-only", async () => {
    const { code, stderr } = await runHere(["--storage", "sqlite:read-only.db"]);
    expect(stderr.match(/^.*read-only\.db: it cannot be written to.*$/gm)).toHaveLength(1);
    expect(code).toBe(1);
  });

  it("leaves other work untouched: a refused database stays as it was", async () => {
    const before = readFileSync(at("newer.db"));
    await runHere(["--storage", "sqlite:newer.db", "--limit", "1"]);
    expect(readFileSync(at("newer.db")).equals(before)).toBe(true);
  });

  it("solves the good lines with --keep-going and says which were bad", async () => {
    const { code, stderr, stdout } = await runHere(["--input", "mixed.jsonl", "--keep-going", "--storage", "memory:", "--json"]);
    expect(stderr).toContain("mixed.jsonl:3: not valid JSON\n");
    expect(stderr).toContain('mixed.jsonl:4: the calculation "1+1=3" is wrong: it gives 2\n');
    expect(runDocument.parse(JSON.parse(stdout))).toMatchObject({ problems: 1, right: 1, badLines: 2 });
    expect(code).toBe(1);
  });
});
