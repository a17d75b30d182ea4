import { parseArgs } from "node:util";
import { exportHistory, importHistory, type PrunePolicy, StorageError } from "@minference/ecs";
import type { KyselyStorage } from "../kysely-storage.ts";
import { loadClasses } from "./load-classes.ts";
import { findStore, type NamedStore } from "./open-store.ts";
import { checkTables, planNewStore, printChanges, printPlan, printTables } from "./table-commands.ts";

/** Where a command reads and writes. */
export interface CommandStreams {
  readonly input: AsyncIterable<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes a line of results; resolves when more may come. */
  readonly print: (line: string) => Promise<void>;
  /** Writes a line for the person who watches. */
  readonly tell: (line: string) => void;
}

const usage = `Usage: minference-storage COMMAND [STORE] [options]

STORE is the path of a SQLite file, also after sqlite:, or a postgres:// URL; left out, it is MINFERENCE_STORE from the environment, which
keeps a password out of the list of processes.

  check               tells whether this program can use the store as it is
  migrate             brings the store's own tables up to date; --dry-run lists what it would do; with --entities also
                      the typed tables, of which --dry-run prints the SQL; --rebuild makes those anew; --drop NAME
                      (repeatable) takes typed tables away
  stats               counts what is stored
  verify              looks for damage; fails when there is any
  prune               takes old versions away but the last N of each branch (--keep-last N) and those since DATE
                      (--newer-than DATE), at least one of the two; --type NAME (repeatable): of these only; --dry-run
  export --lineage ID writes one history, line by line, to standard output
  import              reads an exported history from standard input

  --entities MODULE   a module that exports entity classes: for check and migrate, those that have typed tables
  --schema NAME       the schema of a Postgres store`;

const options = {
  schema: { type: "string" },
  entities: { type: "string" },
  rebuild: { type: "boolean" },
  drop: { type: "string", multiple: true },
  lineage: { type: "string" },
  "keep-last": { type: "string" },
  "newer-than": { type: "string" },
  type: { type: "string", multiple: true },
  "dry-run": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Options = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>["values"];

type Command = (store: NamedStore, options: Options, streams: CommandStreams) => Promise<number>;

interface KnownCommand {
  readonly run: Command;
  /** The options that it takes besides those that say which store. */
  readonly takes: readonly (keyof Options)[];
}

const commands: ReadonlyMap<string, KnownCommand> = new Map<string, KnownCommand>([
  ["check", { run: check, takes: ["entities"] }],
  ["migrate", { run: migrate, takes: ["entities", "rebuild", "drop", "dry-run"] }],
  ["stats", { run: withStorage(stats), takes: [] }],
  ["verify", { run: withStorage(verify), takes: [] }],
  ["prune", { run: withStorage(prune), takes: ["keep-last", "newer-than", "type", "dry-run"] }],
  ["export", { run: withStorage(exportLineage), takes: ["lineage"] }],
  ["import", { run: withStorage(importLineage), takes: [] }],
]);

/** Carries out one command, and gives the exit code: 0 when all is well, 1 when the store is not, 2 when the command makes no sense. */
export async function runCommand(args: readonly string[], streams: CommandStreams): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name = "", address = streams.environment["MINFERENCE_STORE"], ...rest] = positionals;
    if (values.help === true) {
      await streams.print(usage);
      return 0;
    }
    const command = commands.get(name);
    if (command === undefined) return misused(streams, name === "" ? null : `There is no command ${name}`);
    const { run, takes } = command;
    const surplus = Object.keys(values).find((option) => option !== "schema" && takes.every((taken) => taken !== option));
    if (surplus !== undefined) return misused(streams, `${name} takes no --${surplus}`);
    if (address === undefined) return misused(streams, `${name} of which store?`);
    if (rest.length > 0) return misused(streams, `${name} takes one store, not ${rest.join(" ")} besides`);
    return await run(findStore(address, values.schema), values, streams);
  } catch (error) {
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
      return misused(streams, error.message);
    }
    if (!StorageError.is(error)) throw error;
    streams.tell(`${error.code}: ${error.message}`);
    return error.code === "invalid" ? 2 : 1;
  }
}

/** Tells what of a command line makes no sense, and what does. */
function misused({ tell }: CommandStreams, why: string | null): number {
  tell(why === null ? usage : `${why}\n\n${usage}`);
  return 2;
}

function withStorage(command: (storage: KyselyStorage, options: Options, streams: CommandStreams) => Promise<number>): Command {
  return async (store, options, streams) => {
    const { applied, pending } = await store.migrations();
    if (applied.length === 0)
      throw new StorageError("invalid", `There is no store at ${store.shown}: check the address, or make one with migrate`);
    if (pending.length > 0) {
      streams.tell(`behind: ${pending.join(", ")} not applied; run migrate`);
      return 1;
    }
    return using(store, (storage) => command(storage, options, streams));
  };
}

async function check(store: NamedStore, { entities }: Options, { print }: CommandStreams): Promise<number> {
  const { applied, pending } = await store.migrations();
  if (applied.length === 0) await print(`there is no store at ${store.shown}`);
  else if (pending.length === 0) await print(`up to date (${applied.at(-1)})`);
  else await print(`behind: ${pending.join(", ")} not applied; run migrate`);
  if (applied.length === 0 || pending.length > 0) return 1;
  if (entities === undefined) return 0;
  const classes = await loadClasses(entities);
  return using(store, async (storage) => ((await checkTables(storage, classes, print)) ? 0 : 1));
}

async function migrate(
  store: NamedStore,
  { "dry-run": dryRun = false, drop = [], entities, rebuild = false }: Options,
  { print, tell }: CommandStreams,
): Promise<number> {
  if (rebuild && entities === undefined) throw new StorageError("invalid", "--rebuild makes the typed tables of --entities MODULE anew");
  const classes = entities === undefined ? null : await loadClasses(entities);
  const { applied, pending } = await store.migrations();
  for (const name of dryRun ? pending : []) await print(`would apply ${name}`);
  if (dryRun && pending.length > 0) {
    if (classes !== null && applied.length === 0) await printPlan(planNewStore(store.tables, classes), print);
    else if (classes !== null) await print("typed tables are planned once these are applied");
    return 0;
  }
  return using(store, async (storage) => {
    for (const name of pending) await print(`applied ${name}`);
    const changes =
      classes === null ? [] : dryRun ? await storage.planTables(classes, { rebuild }) : await storage.migrateTables(classes, { rebuild });
    if (dryRun) await printPlan(changes, print);
    else await printChanges(changes, print);
    const known = new Set((await storage.typedTables()).map(({ name }) => name));
    const unknown = drop.filter((name) => !known.has(name));
    const dropped = dryRun ? drop.filter((name) => known.has(name)) : await storage.dropTables(drop);
    for (const name of dropped) await print(`${dryRun ? "would drop" : "dropped"} table ${name}`);
    for (const name of unknown) tell(`there is no typed table ${name}`);
    if (unknown.length > 0) return 1;
    if (pending.length + changes.length + dropped.length === 0) await print("nothing to apply");
    return 0;
  });
}

async function using<Result>(store: NamedStore, work: (storage: KyselyStorage) => Promise<Result>): Promise<Result> {
  const storage = await store.open();
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

async function stats(storage: KyselyStorage, _options: Options, { print }: CommandStreams): Promise<number> {
  for (const [name, value] of Object.entries(await storage.statistics())) await print(`${name.padEnd(10)}${value}`);
  await printTables(storage, print);
  return 0;
}

async function verify(storage: KyselyStorage, _options: Options, { print }: CommandStreams): Promise<number> {
  const damages = await storage.verify();
  for (const { kind, message } of damages) await print(`${kind}: ${message}`);
  if (damages.length === 0) await print("nothing is wrong");
  return damages.length === 0 ? 0 : 1;
}

async function prune(storage: KyselyStorage, options: Options, { print }: CommandStreams): Promise<number> {
  const { "keep-last": keepLast, "newer-than": newerThan, type: types, "dry-run": dryRun } = options;
  const policy: PrunePolicy = {
    ...(keepLast === undefined ? {} : { keepLast: Number(keepLast) }),
    ...(newerThan === undefined ? {} : { newerThan: new Date(newerThan) }),
    ...(types === undefined ? {} : { types }),
    dryRun: dryRun === true,
  };
  const { pruned, kept } = await storage.prune(policy);
  await print(`${dryRun === true ? "would prune" : "pruned"} ${pruned} versions, ${kept} stay`);
  return 0;
}

async function exportLineage(storage: KyselyStorage, { lineage }: Options, { print }: CommandStreams): Promise<number> {
  if (lineage === undefined) throw new StorageError("invalid", "export needs --lineage ID");
  for await (const line of exportHistory(storage, lineage)) await print(line);
  return 0;
}

async function importLineage(storage: KyselyStorage, _options: Options, { input, print }: CommandStreams): Promise<number> {
  const { lineageId, imported, known } = await importHistory(storage, input);
  await print(`lineage ${lineageId}: ${imported} versions imported, ${known} known already`);
  return 0;
}
