import { StorageError } from "../errors/storage-error.ts";
import type { Commit, NewVersion } from "./commit.ts";

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Tells whether a text is an id as stores keep it: a UUID in lower case. */
export function isStorageId(text: string): boolean {
  return uuid.test(text);
}

/** The most bytes of UTF-8 that names have which databases keep in an index: an entry of Postgres has 2 704 at most, and a slot shares its with a field. */
const [mostBytes, mostBytesOfField] = [2_000, 500];
/** Postgres knows no earlier times. */
const earliest = Date.UTC(-4711, 0, 1);

/**
 * Refuses a commit that no store can keep exactly: ids that are not lower-case UUIDs, text that is not well-formed Unicode or
 * holds NUL, a type, slot or idempotency key of more than 2 000 bytes or a field of more than 500, a time that is none or before the year 4712 BC,
 * two changes of one slot, a version without parent that shares a payload. Backends call it before they
 * touch anything, so that all refuse alike. What depends on the store's contents is not looked at.
 *
 * @throws {StorageError} `invalid`
 */
export function checkCommit(commit: Commit): void {
  checkId("commit id", commit.id);
  const time = commit.createdAt.getTime();
  if (Number.isNaN(time)) throw new StorageError("invalid", "createdAt is not a valid date");
  if (time < earliest) throw new StorageError("invalid", "createdAt is before the year 4712 BC, which databases cannot store");
  if (commit.actor !== null) checkText("actor", commit.actor);
  if (commit.message !== null) checkText("message", commit.message);
  if (commit.idempotencyKey !== null) checkName("idempotencyKey", commit.idempotencyKey, mostBytes);
  for (const version of commit.versions) checkVersion(version);
}

/**
 * Refuses a name of a version that no store can keep.
 *
 * @throws {StorageError} `invalid`
 */
export function checkTagName(name: string): void {
  if (name === "" || name.length > 200) throw new StorageError("invalid", "The name of a version has 1 to 200 characters");
  checkText("the name of a version", name);
}

function checkVersion(version: NewVersion): void {
  checkId("ecsId", version.ecsId);
  checkId("lineageId", version.lineageId);
  if (version.parentId !== null) checkId("parentId", version.parentId);
  if (version.mergeParentId !== null) checkId("mergeParentId", version.mergeParentId);
  checkName("type", version.type, mostBytes);
  if (version.onStaleParent !== "reject" && version.onStaleParent !== "branch") {
    throw new StorageError("invalid", `onStaleParent of ${version.ecsId} must be "reject" or "branch"`);
  }
  if (!Number.isInteger(version.schemaVersion) || version.schemaVersion < 0 || version.schemaVersion > 0x7fff_ffff) {
    throw new StorageError("invalid", `schemaVersion of ${version.ecsId} must be a whole number from 0 to 2147483647`);
  }
  if (version.parentId === null && version.payload === null) {
    throw new StorageError("invalid", `Version ${version.ecsId} has neither a payload nor a parent to share one with`);
  }
  if (version.parentId === null && version.mergeParentId !== null) {
    throw new StorageError("invalid", `Version ${version.ecsId} has a merge parent but no parent`);
  }
  const slots = new Map<string, Set<string>>();
  for (const { field, slot, child } of version.edges) {
    checkName("field", field, mostBytesOfField);
    checkName("slot", slot, mostBytes);
    if (child !== null) checkId("child", child);
    let seen = slots.get(field);
    if (seen === undefined) slots.set(field, (seen = new Set()));
    if (seen.has(slot)) {
      throw new StorageError("invalid", `Version ${version.ecsId} changes slot ${JSON.stringify(slot)} of "${field}" twice`);
    }
    seen.add(slot);
  }
}

function checkId(what: string, id: string): void {
  if (!isStorageId(id)) throw new StorageError("invalid", `${what} must be a lower-case UUID, not ${JSON.stringify(id)}`);
}

function checkName(what: string, text: string, most: number): void {
  checkText(what, text);
  // A character has three bytes at most, or four with the next one.
  if (text.length * 3 > most && Buffer.byteLength(text) > most) {
    throw new StorageError("invalid", `${what} has more than ${most} bytes, which databases cannot find it by`);
  }
}

function checkText(what: string, text: string): void {
  if (text.includes("\u0000")) throw new StorageError("invalid", `${what} holds the character NUL, which databases cannot store`);
  if (!text.isWellFormed()) throw new StorageError("invalid", `${what} is not well-formed Unicode: it holds half of a surrogate pair`);
}
