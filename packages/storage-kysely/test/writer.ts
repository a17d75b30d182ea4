import { randomUUID } from "node:crypto";
import { CommitBuilder } from "@minference/storage-conformance";
import { openPostgres } from "../src/postgres/index.ts";
import { openSqlite } from "../src/sqlite/index.ts";

/**
 * A process that appends to lineages in turn and says so: `writer.ts TARGET ECS_IDS LINEAGE_IDS COUNT POLICY`, ids joined by commas. It prints `stored ID` for
 * each version that was acknowledged and `conflict ID` for each that was refused, and starts from the versions it last knew of.
 */
const [target = "", ecsIds = "", lineageIds = "", count = "", policy = ""] = process.argv.slice(2);
const storage = target.startsWith("postgres") ? await openPostgres(target) : await openSqlite(target);
const build = new CommitBuilder();
const lineages = lineageIds.split(",");
const parents = ecsIds.split(",").map((ecsId, index) => ({ ecsId, lineageId: lineages[index] ?? "", type: "Thing" }));
for (let index = 0; index < Number(count); index += 1) {
  const place = index % parents.length;
  const parent = parents[place];
  if (parent === undefined) throw new Error("There is no lineage to write to");
  const next = {
    ...build.next(parent, { onStaleParent: policy === "branch" ? "branch" : "reject", payload: { index } }),
    ecsId: randomUUID(),
  };
  const outcome = await storage.commit({ ...build.commit([next]), id: randomUUID() });
  if (outcome.status === "conflict") {
    process.stdout.write(`conflict ${next.ecsId}\n`);
    const [head] = await storage.heads(parent.lineageId);
    if (head === undefined) throw new Error("The lineage is gone");
    parents[place] = head;
  } else {
    process.stdout.write(`stored ${next.ecsId}\n`);
    parents[place] = next;
  }
}
await storage.close();
