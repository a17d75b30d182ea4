import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommitBuilder, storageConformance } from "@minference/storage-conformance";
import { expect, test } from "vitest";
import { JournalStorage } from "../src/examples/custom-storage.ts";

storageConformance("JournalStorage", {
  async open() {
    const directory = await mkdtemp(join(tmpdir(), "minference-journal-"));
    const path = join(directory, "journal.jsonl");
    const storage = await JournalStorage.open(path);
    return {
      storage,
      reopen: () => JournalStorage.open(path),
      async close() {
        await storage.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
});

test("a line that was cut off by a crash is dropped, and the store goes on behind it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "minference-journal-"));
  const path = join(directory, "journal.jsonl");
  const builder = new CommitBuilder();
  const storage = await JournalStorage.open(path);
  await storage.commit(builder.commit([builder.root()]));
  await storage.close();
  await appendFile(path, '{"commit":{"id":"00');
  const again = await JournalStorage.open(path);
  await again.commit(builder.commit([builder.root()]));
  await again.close();
  const last = await JournalStorage.open(path);
  expect(await last.statistics()).toMatchObject({ commits: 2, versions: 2 });
  await last.close();
  await rm(directory, { recursive: true, force: true });
});
