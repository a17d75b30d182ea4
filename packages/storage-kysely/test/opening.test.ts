import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { testDatabases } from "./databases.ts";

describe.each(await testDatabases())("opening a store on $name", ({ unmadeStore }) => {
  test("refuses one of a newer version and leaves it as it is", async () => {
    const store = unmadeStore();
    await (await store.open()).close();
    await store.tamper("insert into minference_migration values ('999_future', '2040-01-01T00:00:00.000Z')");
    await expect(store.open()).rejects.toMatchObject({ code: "newer_store", message: expect.stringContaining("999_future") });
    await store.tamper("delete from minference_migration where name = '999_future'");
    const storage = await store.open();
    expect((await storage.statistics()).versions).toBe(0);
    await storage.close();
  });

  test("ten at once make the store once", async () => {
    const store = unmadeStore();
    const opened = await Promise.all(Array.from({ length: 10 }, () => store.open()));
    const commits = opened.map((storage, index) => {
      const build = new CommitBuilder(index);
      return storage.commit(build.commit([build.root()]));
    });
    await Promise.all(commits);
    expect((await opened[0]?.statistics())?.commits).toBe(10);
    await Promise.all(opened.map((storage) => storage.close()));
  });
});
