import { randomUUID } from "node:crypto";
import type { Commit, NewVersion } from "@minference/ecs";

/**
 * A process that appends to lineages in turn and says so: `writer.ts TARGET ECS_IDS LINEAGE_IDS COUNT POLICY`, ids joined by commas. It prints `stored ID` for
 * each version that was acknowledged and `conflict ID` for each that was refused, and starts from the versions it last knew of. Each holds a part of its own.
 */
const [target = "", ecsIds = "", lineageIds = "", count = "", policy = ""] = process.argv.slice(2);
const storage = await open();
const lineages = lineageIds.split(",");
const tips = ecsIds.split(",").map((ecsId, index) => ({ ecsId, lineageId: lineages[index] ?? "" }));
for (let index = 0; index < Number(count); index += 1) {
  const place = index % tips.length;
  const tip = tips[place];
  if (tip === undefined) throw new Error("There is no lineage to write to");
  const { lineageId } = tip;
  const ecsId = randomUUID();
  const outcome = await storage.commit(append(tip, ecsId, index));
  if (outcome.status === "conflict") {
    process.stdout.write(`conflict ${ecsId}\n`);
    const [head] = await storage.heads(lineageId);
    if (head === undefined) throw new Error("The lineage is gone");
    tips[place] = head;
  } else {
    process.stdout.write(`stored ${ecsId}\n`);
    tips[place] = { ecsId, lineageId };
  }
}
await storage.close();

/** Drivers are loaded where they are needed: many of these processes start at once. */
async function open() {
  if (target.startsWith("postgres")) return (await import("../src/postgres/index.ts")).openPostgres(target);
  return (await import("../src/sqlite/index.ts")).openSqlite(target);
}

function append(tip: { readonly ecsId: string; readonly lineageId: string }, ecsId: string, index: number): Commit {
  const { ecsId: parentId, lineageId } = tip;
  const common = { mergeParentId: null, schemaVersion: 1, onStaleParent: policy === "branch" ? "branch" : "reject" } as const;
  const child = randomUUID();
  const part: NewVersion = { ...common, ecsId: child, lineageId: child, parentId: null, type: "Part", payload: { index }, edges: [] };
  const edges = [{ field: "parts", slot: String(index).padStart(6, "0"), child }];
  const whole: NewVersion = { ...common, ecsId, lineageId, parentId, type: "Thing", payload: { index }, edges };
  return { id: randomUUID(), createdAt: new Date(), actor: null, message: null, idempotencyKey: null, versions: [part, whole] };
}
