import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { openLog } from "./open-log.ts";

const directory = temporaryDirectory();
const fail = (reason: string): never => {
  throw new Error(reason);
};

test("files are bounded in size and number, and hold the last records, one JSON document a line", async () => {
  const bounds = { size: "4k", files: 3 };
  let written = 0;
  for (const run of ["first", "second"]) {
    const log = await openLog(join(directory, "run.log"), run, fail, bounds);
    for (let index = 0; index < 400; index += 1) {
      written += 1;
      log.logger.info({ operation: "run", written }, "something happened");
      if (index % 10 === 0) await setImmediate();
    }
    await log.close();
  }
  const files = readdirSync(directory).filter((name) => name.startsWith("run."));
  expect(files.length).toBeLessThanOrEqual(3);
  const records = files
    .toSorted((a, b) => Number(a.split(".")[1]) - Number(b.split(".")[1]))
    .flatMap((name) => readFileSync(join(directory, name), "utf8").trimEnd().split("\n"))
    .map((line): unknown => JSON.parse(line));
  for (const name of files) expect(statSync(join(directory, name)).size).toBeLessThan(8 * 1024);
  expect(records.at(-1)).toMatchObject({ level: "info", run: "second", operation: "run", written: 800, msg: "something happened" });
  expect(records).toEqual(records.map((_, index) => expect.objectContaining({ written: 800 - records.length + 1 + index })));
});

test("a directory is refused, and nothing is written beside it", async () => {
  const place = join(directory, "logs");
  mkdirSync(place);
  for (const path of [place, `${place}/`, join(directory, "none/")])
    await expect(openLog(path, "r", fail)).rejects.toThrow(`Can't write the log ${path}: it is a directory`);
  expect(readdirSync(directory).filter((name) => /^(?:logs|none)\./.test(name))).toEqual([]);
});

test("a place that can't be written is refused in one line", async () => {
  await expect(openLog(join(directory, "nowhere", "run.log"), "r", fail)).rejects.toThrow(
    /^Can't write the log .*: there is no such file$/,
  );
});
