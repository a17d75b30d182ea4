import type { Damage, DamageKind } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Reader } from "../query/in-turns.ts";
import { verifyTables } from "../tables/verify-tables.ts";
import { payloadChecksum } from "../commit/payload-checksum.ts";
import type { BrokenChain, BrokenEdge, CheckedVersion, IdRange, VerifyStatements } from "./verify-statements.ts";

const most = 1_000;
const window = 2_000;

/** Looks through a store, some thousand rows at a time. */
export async function verifyStore(dialect: SqlDialect, statements: VerifyStatements, read: Reader): Promise<Damage[]> {
  const found: Damage[] = [];
  const { file } = statements;
  if (file !== null) {
    for (const { message } of await read(() => file(undefined))) found.push({ kind: "broken_file", ecsId: null, message });
  }
  const [last = { version: 0, chain: 0 }] = await read(() => statements.last(undefined));
  for (const range of windows(last.version)) {
    if (found.length >= most) break;
    for (const row of await read(() => statements.versions(range))) found.push(...checkVersion(row, dialect.readUuid(row.id)));
  }
  for (const range of windows(last.chain)) {
    if (found.length >= most) break;
    for (const row of await read(() => statements.chains(range))) found.push(describeChain(row, dialect.readUuid(row.lineage)));
    for (const row of await read(() => statements.edges(range))) found.push(describeEdge(row));
  }
  if (found.length < most) found.push(...(await verifyTables(dialect.tables, read, most - found.length)));
  return found.slice(0, most);
}

function* windows(last: number): Generator<IdRange> {
  for (let above = 0; above < last; above += window) yield { above, upTo: above + window };
}

function checkVersion(row: CheckedVersion, ecsId: string): Damage[] {
  const found: Damage[] = [];
  const report = (kind: DamageKind, what: string) => found.push({ kind, ecsId, message: `Version ${ecsId}: ${what}` });
  if (row.chain_found === null) report("sequence_gap", "its chain is missing");
  if (row.commit_found === null) report("dangling_parent", "its commit is missing");
  if (row.merge_parent !== null && row.merge_parent_found === null) report("dangling_merge_parent", "its second parent is missing");
  if (row.parent !== null && row.parent_seq === null) {
    report(row.before === null && row.fork_chain !== null ? "dangling_fork" : "dangling_parent", "its parent is missing");
  } else if (!followsItsParent(row)) {
    report("sequence_gap", `it does not follow its parent on chain ${row.chain}: position ${row.seq} comes after ${row.before ?? "none"}`);
  }
  if (row.unknown_edges !== null) report("edge_range", "it is marked as holding nothing, but holds something");
  if (row.payload_of !== null && row.holder_payload === null) report("payload", "the version whose payload it shares has none");
  if (row.payload !== null) {
    if (row.checksum !== null && row.checksum !== payloadChecksum(row.payload)) report("checksum", "its payload is not what was stored");
    else if (!isObject(row.payload)) report("payload", "its payload is not a JSON object");
  }
  return found;
}

/** Pruning links each version it leaves to the one left before it; so does every commit. */
function followsItsParent({ before, chain, parent, parent_chain, parent_seq, fork_chain, fork_seq }: CheckedVersion): boolean {
  if (before !== null) return parent_chain === chain && parent_seq === before;
  if (fork_chain !== null) return parent_chain === fork_chain && parent_seq === fork_seq;
  return parent === null;
}

function isObject(payload: string): boolean {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function describeChain({ head }: BrokenChain, lineageId: string): Damage {
  return head === null
    ? { kind: "empty_chain", ecsId: null, message: `Lineage ${lineageId}: a chain has no versions` }
    : { kind: "dangling_fork", ecsId: null, message: `Lineage ${lineageId}: the version that a chain branches from is missing` };
}

function describeEdge({ chain, field, from_seq, child_vid, child_found, head }: BrokenEdge): Damage {
  const where = `Field ${JSON.stringify(field)} on chain ${chain}, from position ${from_seq}`;
  if (child_vid !== null && child_found === null) return { kind: "dangling_edge", ecsId: null, message: `${where}: the child is missing` };
  const what = head === null || from_seq > head ? "the versions that hold it are missing" : "two children are held at once";
  return { kind: "edge_range", ecsId: null, message: `${where}: ${what}` };
}
