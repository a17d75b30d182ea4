import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageConformance } from "@minference/storage-conformance";
import { openSqlite } from "./open-sqlite.ts";

storageConformance("SQLite", {
  async open() {
    const directory = mkdtempSync(join(tmpdir(), "minference-sqlite-"));
    const path = join(directory, "store.db");
    const storage = await openSqlite(path);
    return {
      storage,
      reopen: () => openSqlite(path),
      async close() {
        await storage.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
});

storageConformance("SQLite in memory", {
  randomShare: 0.2,
  async open() {
    const storage = await openSqlite(":memory:");
    return { storage, close: () => storage.close() };
  },
});
