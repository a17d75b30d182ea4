// Walks through versions: an edit deep down gives new versions to all that hold it, every old version stays, and any can be gone on from.
import { ConflictError, Entity, EntityRegistry, ref } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import * as z from "zod";
import type { Setting } from "../setting/setting.ts";

class Task extends Entity.define("Task", { title: z.string(), done: z.boolean().default(false) }) {}
class Board extends Entity.define("Board", { name: z.string(), tasks: z.array(ref(() => Task)).default([]) }) {}
class Project extends Entity.define("Project", { board: ref(() => Board), owner: z.string() }) {}

export async function forkAndRegister({ print }: Setting): Promise<void> {
  const registry = new EntityRegistry(new MemoryStorage());

  const paint = new Task({ title: "paint the door" });
  const project = new Project({ owner: "Ada", board: new Board({ name: "house", tasks: [paint, new Task({ title: "mow the lawn" })] }) });
  const first = await registry.register(project);
  print(`registered: ${first.versions} versions, one commit`);

  const before = { project: project.ecsId, board: project.board.ecsId, task: paint.ecsId };
  paint.done = true; // an ordinary assignment
  print(
    `modified: ${project
      .modifications()
      .map(({ entity, reason }) => `${entity.constructor.name} (${reason})`)
      .join(", ")}`,
  );
  const second = await registry.register(project);
  print(
    `registered again: ${second.versions} versions; same objects, new ids: ${paint.ecsId !== before.task && project.ecsId !== before.project}`,
  );

  paint.done = false;
  paint.done = true;
  print(`edited back and forth: ${(await registry.register(project)).status}`);

  const old = await registry.get(Project, before.project);
  print(`the first version still says: done = ${old.board.tasks[0]?.done}, parent = ${old.parentId}`);
  const { changes } = await registry.diff(before.task, paint.ecsId);
  for (const change of changes)
    print(`diff of the task: ${change.field} ${JSON.stringify(change.before)} → ${JSON.stringify(change.after)}`);

  old.owner = "Grace"; // somebody else has gone on from this version
  try {
    await registry.register(old);
  } catch (error) {
    if (!ConflictError.is(error)) throw error;
    print("stored by somebody else first: the edit is refused, and still in memory");
  }
  await registry.register(old, { onConflict: "branch" });
  const { heads, versions } = await registry.lineage(project.lineageId);
  print(`kept as a branch: ${versions.length} versions, ${heads.length} heads`);

  const merged = await registry.merge(Project, { ours: old.ecsId, theirs: project.ecsId });
  print(`merged: owner ${merged.owner}, first task done = ${merged.board.tasks[0]?.done}`);
}
