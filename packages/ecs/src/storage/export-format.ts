import { createHash } from "node:crypto";
import * as z from "zod";
import { StorageError } from "../errors/storage-error.ts";
import type { Payload } from "./json.ts";

const id = z.string();
/** Handed through as it is: copying could lose keys such as `__proto__`. */
const payload = z.custom<Payload>((value) => typeof value === "object" && value !== null && !Array.isArray(value));

const exportedVersion = z.strictObject({
  ecsId: id,
  lineageId: id,
  type: z.string(),
  schemaVersion: z.number(),
  parentId: id.nullable(),
  mergeParentId: id.nullable(),
  payload: payload.nullable(),
  edges: z.array(z.strictObject({ field: z.string(), slot: z.string(), child: id.nullable() })),
});

const exportedCommit = z.strictObject({
  id,
  createdAt: z.string().refine(isInstant),
  actor: z.string().nullable(),
  message: z.string().nullable(),
  versions: z.array(exportedVersion),
});

/** The first line of an export. */
const header = z.strictObject({ minference: z.literal("history"), version: z.literal(1), lineageId: id });
/**
 * The last line of an export: which of its lineages were redacted, how many lines come before it, and the SHA-256 of these and of the list of
 * redacted lineages as JSON, with a line feed after each.
 */
const trailer = z.strictObject({ redacted: z.array(id), lines: z.number(), sha256: z.string() });

/** A commit as it stands in an export. */
export type ExportedCommit = z.output<typeof exportedCommit>;

/** A version as it stands in an export. */
export type ExportedVersion = z.output<typeof exportedVersion>;

/** An export that was read and checked. */
export interface ReadExport {
  readonly lineageId: string;
  readonly commits: readonly ExportedCommit[];
  readonly redacted: readonly string[];
}

/** Writes an export line by line, with its checksum at the end. */
export async function* writeExport(
  lineageId: string,
  commits: AsyncIterable<ExportedCommit>,
  redacted: readonly string[],
): AsyncGenerator<string> {
  const hash = createHash("sha256");
  let lines = 1;
  const first = JSON.stringify({ minference: "history", version: 1, lineageId });
  hash.update(`${first}\n`);
  yield first;
  for await (const commit of commits) {
    const line = JSON.stringify(commit);
    hash.update(`${line}\n`);
    lines += 1;
    yield line;
  }
  hash.update(`${JSON.stringify(redacted)}\n`);
  yield JSON.stringify({ redacted, lines, sha256: hash.digest("hex") });
}

/**
 * Reads an export to its end and checks it.
 *
 * @throws {StorageError} `corrupt` when something is missing, added or changed, or it is no export; `newer_store` when a newer program wrote it
 */
export async function readExport(lines: AsyncIterable<string> | Iterable<string>): Promise<ReadExport> {
  const hash = createHash("sha256");
  const all: string[] = [];
  for await (const line of lines) if (line !== "") all.push(line);
  const last = trailer.safeParse(parse(all.at(-1)));
  const first = header.safeParse(parse(all[0]));
  if (isNewer(parse(all[0]))) throw new StorageError("newer_store", "The export was written by a newer program: update this one");
  if (!first.success) throw refusal("it does not begin as one");
  if (!last.success || all.length < 2) throw refusal("its end is missing");
  for (const line of [...all.slice(0, -1), JSON.stringify(last.data.redacted)]) hash.update(`${line}\n`);
  if (last.data.lines !== all.length - 1 || last.data.sha256 !== hash.digest("hex")) throw refusal("its checksum does not match");
  const commits = all.slice(1, -1).map((line, index) => {
    const commit = exportedCommit.safeParse(parse(line));
    if (!commit.success) throw refusal(`line ${index + 2} is no commit`);
    return commit.data;
  });
  const lineages = new Set(commits.flatMap(({ versions }) => versions.map((version) => version.lineageId)));
  if (!last.data.redacted.every((each) => lineages.has(each))) throw refusal("a lineage that was redacted is not in it");
  return { lineageId: first.data.lineageId, commits, redacted: last.data.redacted };
}

/** Tells whether a text is a moment as `toISOString` writes it, of any year. */
function isInstant(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

function isNewer(line: unknown): boolean {
  const known = z.object({ minference: z.literal("history"), version: z.number() }).safeParse(line);
  return known.success && known.data.version > 1;
}

function refusal(reason: string): StorageError {
  return new StorageError("corrupt", `The export does not check out: ${reason}; nothing was imported`);
}

function parse(line: string | undefined): unknown {
  try {
    return line === undefined ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
