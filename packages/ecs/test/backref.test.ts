import { describe, expect, it } from "vitest";
import * as z from "zod";
import { backref, Entity, entityGraph, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Folder extends Entity.define("Folder", {
  name: z.string(),
  get parent() {
    return backref(() => Folder)
      .nullable()
      .default(null);
  },
  get pages() {
    return z.array(ref(() => Page)).default([]);
  },
  get seeAlso() {
    return z.array(backref(() => Folder)).default([]);
  },
}) {}

class Page extends Entity.define("Page", {
  text: z.string(),
  get folder() {
    return backref(() => Folder).optional();
  },
}) {}

function setUp(): { storage: CopyingStorage; registry: EntityRegistry } {
  const storage = new CopyingStorage();
  return { storage, registry: new EntityRegistry(storage) };
}

describe("backref", () => {
  it("carries no change from the parent to the child, nor from the child to the parent", async () => {
    const { registry } = setUp();
    const parent = new Folder({ name: "parent" });
    const child = new Folder({ name: "child", parent: parent.lineageId });
    await registry.register([parent, child]);
    const [parentId, childId] = [parent.ecsId, child.ecsId];

    parent.name = "renamed";
    expect(child.hasModifications()).toBe(false);
    expect((await registry.register([child, parent])).versions).toBe(1);
    expect([parent.parentId, child.ecsId]).toEqual([parentId, childId]);

    child.name = "renamed too";
    const moved = parent.ecsId;
    expect(parent.hasModifications()).toBe(false);
    expect((await registry.register([child, parent])).versions).toBe(1);
    expect([parent.ecsId, child.parentId]).toEqual([moved, childId]);
  });

  it("lets a whole be edited without storing its parts anew, while the parts carry their changes to the whole", async () => {
    const { registry, storage } = setUp();
    const folder = new Folder({ name: "notes" });
    const page = new Page({ text: "a", folder: folder.lineageId });
    folder.pages.push(page);
    await registry.register(folder);
    folder.name = "more notes";
    expect((await registry.register(folder)).versions).toBe(1);
    page.text = "b";
    expect((await registry.register(folder)).versions).toBe(2);
    expect(
      storage.commits.flatMap(({ versions }) => versions).filter(({ edges }) => edges.some(({ field }) => field === "folder")),
    ).toEqual([]);
  });

  it("comes back from the store, and leads to the latest version of what it points at", async () => {
    const { registry } = setUp();
    const folder = new Folder({ name: "one" });
    const page = new Page({ text: "a", folder: folder.lineageId });
    await registry.register([folder, page]);
    folder.name = "two";
    await registry.register(folder);
    const again = await registry.get(Page, page.ecsId);
    expect(again.folder).toBe(folder.lineageId);
    expect(again.toJSON()["folder"]).toBe(folder.lineageId);
    expect((await registry.latest(Folder, again.folder ?? "")).name).toBe("two");
  });

  it("is no edge of the dependency graph, so that a parent and its children make no cycle", () => {
    const folder = new Folder({ name: "notes" });
    const page = new Page({ text: "a", folder: folder.lineageId });
    folder.pages.push(page);
    const graph = entityGraph([folder]);
    expect(graph.topologicalOrder()).toEqual([page, folder]);
    expect(graph.cycles()).toEqual([]);
    expect(entityGraph([page]).size).toBe(1);
  });

  it("may stand in collections, edited in place", async () => {
    const { registry } = setUp();
    const folder = new Folder({ name: "one" });
    const other = new Folder({ name: "two" });
    folder.seeAlso.push(other.lineageId);
    await registry.register(folder);
    expect((await registry.get(Folder, folder.ecsId)).seeAlso).toEqual([other.lineageId]);
    expect(() => folder.seeAlso.push("two")).toThrow(/Folder\.seeAlso.*expected the lineageId of a Folder, got "two"/);
  });

  it.each([["nothing like an id"], ["0198A6E2-0000-7000-8000-000000000000"], [""], ["0198a6e2-0000-7000-8000-000000000000 "]])(
    "refuses %j and changes nothing",
    (text) => {
      const parent = new Folder({ name: "parent" });
      const child = new Folder({ name: "child", parent: parent.lineageId });
      expect(() => (child.parent = text)).toThrow(
        `Folder.parent: Invalid input: expected the lineageId of a Folder, got ${JSON.stringify(text)}`,
      );
      expect(child.parent).toBe(parent.lineageId);
    },
  );
});
