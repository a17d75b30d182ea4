import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { testDatabases, testDirectory } from "../../test/databases.ts";
import { openSqlite } from "../sqlite/index.ts";

describe.each(await testDatabases())("the program on $name", ({ newStore }) => {
  test("reads standard input, writes standard output and ends with a code", async () => {
    const [from, to] = [newStore(), newStore()];
    const storage = await from.open();
    const build = new CommitBuilder();
    const first = build.root({ payload: { text: "é \u2028 \u2029 \u0085 \r" } });
    const versions = [first];
    for (let index = 0; index < 2_000; index += 1)
      versions.push(build.next(versions.at(-1) ?? first, { payload: { text: "x".repeat(200) } }));
    await storage.commit(build.commit(versions));
    await storage.close();
    const program = (args: readonly string[], input = "") => {
      const flags = ["--conditions=@minference/source", fileURLToPath(new URL("main.ts", import.meta.url)), ...args];
      return spawnSync(process.execPath, flags, { input, encoding: "utf8", maxBuffer: 2 ** 24 });
    };
    const exported = program(["export", ...from.address, "--lineage", first.lineageId]);
    expect(exported.stderr + String(exported.status)).toBe("0");
    await (await to.open()).close();
    const imported = program(["import", ...to.address], exported.stdout);
    expect(imported).toMatchObject({
      status: 0,
      stdout: `lineage ${first.lineageId}: 2001 versions imported, 0 known already\n`,
      stderr: "",
    });
    expect(program(["import", ...to.address], exported.stdout.replaceAll("\n", "\r\n")).stdout).toMatch(/ 0 versions imported, 2001 known/);
    expect(program(["import", ...to.address], "nonsense\n")).toMatchObject({ status: 1, stderr: expect.stringMatching(/^corrupt: /) });
  });
});

test("what can't be printed, and a driver that is not installed, are told in a line", () => {
  const path = join(testDirectory(), "full.db");
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const full = openSync("/dev/full", "w");
  const flags = ["--conditions=@minference/source"];
  const printed = spawnSync(process.execPath, [...flags, main, "check", path], { stdio: ["ignore", full, "pipe"], encoding: "utf8" });
  closeSync(full);
  expect(printed).toMatchObject({ status: 1, stderr: expect.stringMatching(/^What was to be printed can't be written: .*ENOSPC.*\n$/) });
  const withoutDriver = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(name, context, next) {
        if (name === "pg") throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
        return next(name, context);
      },
    });`;
  const hook = `data:text/javascript,${encodeURIComponent(withoutDriver)}`;
  const lacking = spawnSync(process.execPath, [...flags, "--import", hook, main, "check", "postgres://127.0.0.1:1/x"], {
    encoding: "utf8",
  });
  expect(lacking).toMatchObject({ status: 2, stderr: "invalid: The package pg is not installed: npm install pg\n" });
});

test("the program ends quietly when nobody reads on", async () => {
  const path = join(testDirectory(), "long.db");
  const storage = await openSqlite(path);
  const build = new CommitBuilder();
  const first = build.root();
  const versions = [first];
  for (let index = 0; index < 2_000; index += 1)
    versions.push(build.next(versions.at(-1) ?? first, { payload: { text: "x".repeat(200) } }));
  await storage.commit(build.commit(versions));
  await storage.close();
  const flags = ["--conditions=@minference/source", fileURLToPath(new URL("main.ts", import.meta.url))];
  const program = spawn(process.execPath, [...flags, "export", path, "--lineage", first.lineageId]);
  const ended = once(program, "exit");
  let told = "";
  program.stderr.on("data", (text: Buffer) => (told += text.toString()));
  program.stdout.once("data", () => program.stdout.destroy());
  expect(await ended).toEqual([0, null]);
  expect(told).toBe("");
});
