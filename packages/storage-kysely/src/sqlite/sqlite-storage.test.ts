import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageConformance } from "@minference/storage-conformance";
import { madeSqliteFile } from "../../test/made-stores.ts";
import { reusedStore } from "../../test/reused-store.ts";
import { openSqlite } from "./open-sqlite.ts";

storageConformance("SQLite", {
  async open() {
    const directory = mkdtempSync(join(tmpdir(), "minference-sqlite-"));
    const path = join(directory, "store.db");
    writeFileSync(path, await madeSqliteFile());
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

storageConformance("SQLite in memory", reusedStore({ open: () => openSqlite(":memory:"), randomShare: 0.2 }));
