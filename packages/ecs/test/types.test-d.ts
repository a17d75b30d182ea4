import { expectTypeOf } from "vitest";
import * as z from "zod";
import {
  backref,
  type Blame,
  Entity,
  type EntityDependencyGraph,
  entityGraph,
  type EntityRegistry,
  type JsonValue,
  type LineageTree,
  lineageTree,
  type ListOperation,
  type Modification,
  type Page,
  type QueryField,
  ref,
  type RegistryStatus,
  renderDependencyGraph,
  renderLineage,
  type VersionHeader,
} from "../src/index.ts";

class Usage extends Entity.define("Usage", { model: z.string(), tokens: z.int().default(0), at: z.date() }) {}

class Message extends Entity.define("Message", {
  role: z.enum(["user", "tool"]),
  get thread() {
    return ref(() => Thread).nullable();
  },
  usage: ref(() => Usage)
    .nullable()
    .default(null),
  json: z.json().default(null),
  extra: z.record(z.string(), z.json()).default({}),
  sealed: z.record(z.string(), z.json()).readonly().default({}),
  note: z.string().optional(),
  nested: z
    .object({ numbers: z.array(z.number()), label: z.string().optional() })
    .nullable()
    .default(null),
}) {
  shout(): string {
    return this.role.toUpperCase();
  }
}

class Thread extends Entity.define("Thread", {
  name: z.string(),
  count: z.bigint().default(0n),
  get history() {
    return z.array(ref(() => Message)).default([]);
  },
  get tools() {
    return z.array(ref(() => Tool)).default([]);
  },
  get either() {
    return z
      .union([ref(() => Usage), ref(() => Message)])
      .nullable()
      .default(null);
  },
  byName: z
    .record(
      z.string(),
      ref(() => Usage),
    )
    .default({}),
  scores: z
    .map(
      z.string(),
      ref(() => Usage),
    )
    .default(new Map()),
  limits: z.partialRecord(z.enum(["day", "week"]), z.number()).default({}),
  models: z
    .partialRecord(
      z.enum(["day", "week"]),
      ref(() => Usage),
    )
    .default({}),
  inside: z.object({ limits: z.partialRecord(z.enum(["day"]), z.number()) }).optional(),
  members: z.set(ref(() => Usage)).default(new Set()),
  pair: z
    .tuple([ref(() => Usage), z.number()])
    .nullable()
    .default(null),
  words: z.array(z.string()).default([]),
  maybe: z.array(ref(() => Usage).nullable()).default([]),
  grid: z.array(z.array(ref(() => Usage))).default([]),
  kind: z
    .discriminatedUnion("type", [z.object({ type: z.literal("a"), a: z.number() }), z.object({ type: z.literal("b") })])
    .default({ type: "b" }),
}) {
  get last(): Message | undefined {
    return this.history.at(-1);
  }
}

class Tool extends Entity.define("Tool", { name: z.string() }) {
  run(): number {
    return 1;
  }
}
class CallableTool extends Tool.extend("CallableTool", { docstring: z.string(), strict: z.boolean().default(true) }) {}

declare const thread: Thread;
declare const message: Message;
declare const usage: Usage;
declare const registry: EntityRegistry;

expectTypeOf(thread.name).toEqualTypeOf<string>();
expectTypeOf(thread.count).toEqualTypeOf<bigint>();
expectTypeOf(thread.history).toEqualTypeOf<Message[]>();
expectTypeOf(thread.tools).toEqualTypeOf<Tool[]>();
expectTypeOf(thread.either).toEqualTypeOf<Usage | Message | null>();
expectTypeOf(thread.byName).toEqualTypeOf<Record<string, Usage>>();
expectTypeOf(thread.limits).toEqualTypeOf<{ day?: number; week?: number }>();
expectTypeOf(thread.limits.day).toEqualTypeOf<number | undefined>();
expectTypeOf(thread.models.week).toEqualTypeOf<Usage | undefined>();
expectTypeOf(thread.inside?.limits.day).toEqualTypeOf<number | undefined>();
new Thread({ name: "x", kind: { type: "b" }, limits: { day: 1 }, models: { week: usage } });
expectTypeOf(thread.scores).toEqualTypeOf<Map<string, Usage>>();
expectTypeOf(thread.members).toEqualTypeOf<Set<Usage>>();
expectTypeOf(thread.pair).toEqualTypeOf<readonly [Usage, number] | null>();
expectTypeOf(thread.words).toEqualTypeOf<string[]>();
expectTypeOf(thread.maybe).toEqualTypeOf<readonly (Usage | null)[]>();
expectTypeOf(thread.grid).toEqualTypeOf<readonly (readonly Usage[])[]>();
expectTypeOf(thread.last).toEqualTypeOf<Message | undefined>();
expectTypeOf(thread.ecsId).toEqualTypeOf<string>();
expectTypeOf(thread.parentId).toEqualTypeOf<string | null>();
expectTypeOf(thread.modifications()).toEqualTypeOf<Modification<Entity>[]>();
expectTypeOf(message.role).toEqualTypeOf<"user" | "tool">();
expectTypeOf(message.thread).toEqualTypeOf<Thread | null>();
expectTypeOf(message.thread?.history[0]?.thread?.name).toEqualTypeOf<string | undefined>();
expectTypeOf(message.json).toEqualTypeOf<JsonValue>();
expectTypeOf(message.extra).toEqualTypeOf<Record<string, JsonValue>>();
expectTypeOf(message.sealed).toEqualTypeOf<{ readonly [key: string]: JsonValue }>();
expectTypeOf(message.note).toEqualTypeOf<string | undefined>();
expectTypeOf(message.nested?.numbers).toEqualTypeOf<readonly number[] | undefined>();
expectTypeOf(message.shout()).toEqualTypeOf<string>();
expectTypeOf(usage.at).toEqualTypeOf<Date>();

expectTypeOf(registry.get(Thread, "id")).resolves.toEqualTypeOf<Thread>();
expectTypeOf(registry.getIfStored(Thread, "id")).resolves.toEqualTypeOf<Thread | undefined>();
expectTypeOf(registry.getMany(Tool, ["id"])).resolves.toEqualTypeOf<Tool[]>();
expectTypeOf(registry.listByType(Message)).toEqualTypeOf<AsyncGenerator<Message, void>>();

new Message({ role: "user", thread: null });
new Thread(thread);
new Thread({ name: "x", history: [message], kind: { type: "a", a: 1 } });
const callable = new CallableTool({ name: "x", docstring: "y" });
expectTypeOf(callable.name).toEqualTypeOf<string>();
expectTypeOf(callable.run()).toEqualTypeOf<number>();
thread.tools.push(callable);
thread.history.push(message);
message.extra["a"] = { deep: [1, null] };

// @ts-expect-error a field without default is missing
new Thread({});
// @ts-expect-error the base's field is missing
new CallableTool({ docstring: "y" });
// @ts-expect-error not among the values
message.role = "nobody";
// @ts-expect-error another class
thread.history.push(usage);
// @ts-expect-error nested values are only read
message.nested?.numbers.push(1);
// @ts-expect-error identity is not assigned
thread.ecsId = "x";
// @ts-expect-error no such field
new Tool({ name: "x", other: 1 });

class Folder extends Entity.define("Folder", {
  name: z.string(),
  get parent() {
    return backref(() => Folder)
      .nullable()
      .default(null);
  },
  thread: backref(() => Thread),
  others: z.array(backref(() => Tool)).default([]),
}) {}

declare const folder: Folder;
declare const words: EntityDependencyGraph<string>;

expectTypeOf(folder.parent).toEqualTypeOf<string | null>();
expectTypeOf(folder.thread).toEqualTypeOf<string>();
expectTypeOf(folder.others).toEqualTypeOf<string[]>();
folder.parent = folder.lineageId;
new Folder({ name: "x", thread: thread.lineageId, parent: folder.parent });
expectTypeOf(registry.latest(Thread, folder.thread)).resolves.toEqualTypeOf<Thread>();
expectTypeOf(registry.asOf(Tool, "id", new Date())).resolves.toEqualTypeOf<Tool>();
expectTypeOf(registry.successors("id")).resolves.toEqualTypeOf<readonly VersionHeader[]>();
expectTypeOf(registry.referrers(["id"], { versions: "all", limit: 1 })).resolves.toEqualTypeOf<Page<VersionHeader>>();
expectTypeOf(registry.blame("id")).resolves.toEqualTypeOf<Blame>();
expectTypeOf(registry.status()).resolves.toEqualTypeOf<RegistryStatus>();

export async function lineages(): Promise<void> {
  const lineage = await registry.lineage("id");
  expectTypeOf(lineageTree(lineage)).toEqualTypeOf<LineageTree>();
  expectTypeOf(renderLineage(lineage, { label: ({ version }, number) => version.type + number.toFixed() })).toEqualTypeOf<string>();
  const [list] = (await registry.diff("a", "b")).lists;
  expectTypeOf(list?.operations).toEqualTypeOf<readonly ListOperation<JsonValue>[] | undefined>();
}
expectTypeOf(entityGraph([thread, message])).toEqualTypeOf<EntityDependencyGraph<Entity>>();
renderDependencyGraph(thread, { label: (entity) => entity.ecsId });
renderDependencyGraph(words, { label: (word) => word.toUpperCase(), direction: "right" });

// @ts-expect-error an id of a lineage, not an entity
folder.thread = thread;
// @ts-expect-error a link that has no default is missing
new Folder({ name: "x" });
// @ts-expect-error no such direction
renderDependencyGraph(thread, { direction: "up" });

class Post extends Entity.define("Post", {
  title: z.string(),
  likes: z.number(),
  at: z.date().nullable(),
  tags: z.array(z.string()),
  size: z.bigint(),
}) {
  get shout(): string {
    return this.title;
  }
}
expectTypeOf(registry.find(Post, { where: { title: "x", at: { "<": new Date() } }, orderBy: { field: "at" } })).resolves.toEqualTypeOf<
  Page<Post>
>();
expectTypeOf(registry.listByType(CallableTool, { where: { name: "base", docstring: { "!=": "own" } } })).toEqualTypeOf<
  AsyncGenerator<CallableTool, void>
>();
expectTypeOf<QueryField<Post>>().toEqualTypeOf<"title" | "likes" | "at" | "size">();
expectTypeOf(registry.children("id")).resolves.toEqualTypeOf<readonly VersionHeader[]>();
expectTypeOf(Post.fromJSON({})).toEqualTypeOf<Post>();
expectTypeOf(CallableTool.fromJSON({}, { entities: [CallableTool] })).toEqualTypeOf<CallableTool>();
// @ts-expect-error another type
void registry.find(Post, { where: { likes: "many" } });
// @ts-expect-error a getter is no field
void registry.find(Post, { where: { shout: "X" } });
// @ts-expect-error a list can't be asked for
void registry.find(Post, { where: { tags: [] } });
// @ts-expect-error bigints have no order in a store
void registry.find(Post, { where: { size: { ">": 1n } } });
// @ts-expect-error no order by a bigint
void registry.find(Post, { orderBy: { field: "size" } });
// @ts-expect-error undefined asks for nothing
void registry.find(Post, { where: { title: undefined } });
