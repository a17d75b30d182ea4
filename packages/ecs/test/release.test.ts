import { expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Page extends Entity.define("ReleasedPage", { text: z.string() }) {}
class Note extends Entity.define("ReleasedNote", {
  page: ref(() => Page),
  pages: z.array(ref(() => Page)).default([]),
  done: z.boolean().default(false),
}) {}

it("a released object refuses edits and hears no more of what it refers to, which is edited and stored as before", async () => {
  const registry = new EntityRegistry(new CopyingStorage());
  const page = new Page({ text: "one" });
  const released = new Note({ page, pages: [page] });
  const kept = new Note({ page, pages: [page] });
  await registry.register([released, kept]);
  const stored = released.ecsId;
  registry.release(released);
  page.text = "two";
  expect(released.hasModifications()).toBe(false);
  expect(kept.hasModifications()).toBe(true);
  expect(() => {
    released.done = true;
  }).toThrow(expect.objectContaining({ code: "frozen" }));
  expect(await registry.register([released, kept])).toMatchObject({ status: "committed", versions: 2 });
  expect(released.ecsId).toBe(stored);
  expect(released.page).toBe(page);
  expect((await registry.get(Note, stored)).page.text).toBe("one");
  expect((await registry.get(Note, kept.ecsId)).pages[0]?.text).toBe("two");
});
