import { randomUUID } from "node:crypto";
import { CommitBuilder } from "@minference/storage-conformance";
import { openPostgres } from "../src/postgres/index.ts";
import { openSqlite } from "../src/sqlite/index.ts";

/**
 * A process that appends to a lineage and says so: `writer.ts TARGET ECS_ID LINEAGE_ID COUNT POLICY`. It prints `stored ID` for each version that was
 * acknowledged and `conflict ID` for each that was refused, and starts from the version it last knew of.
 */
const [target = "", ecsId = "", lineageId = "", count = "", policy = ""] = process.argv.slice(2);
const storage = target.startsWith("postgres") ? await openPostgres(target) : await openSqlite(target);
const build = new CommitBuilder();
let parent = { ecsId, lineageId, type: "Thing" };
for (let index = 0; index < Number(count); index += 1) {
  const next = {
    ...build.next(parent, { onStaleParent: policy === "branch" ? "branch" : "reject", payload: { index } }),
    ecsId: randomUUID(),
  };
  const outcome = await storage.commit({ ...build.commit([next]), id: randomUUID() });
  if (outcome.status === "conflict") {
    process.stdout.write(`conflict ${next.ecsId}\n`);
    const [head] = await storage.heads(lineageId);
    if (head === undefined) throw new Error("The lineage is gone");
    parent = head;
  } else {
    process.stdout.write(`stored ${next.ecsId}\n`);
    parent = next;
  }
}
await storage.close();
