// A store of one's own: versions in memory, and every change of them in a file, a line each. It passes the suite that all stores pass.
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import {
  checkCommit,
  checkPrunePolicy,
  type Commit,
  type CommitOutcome,
  EntityRegistry,
  payloadText,
  type PrunePolicy,
  type PruneReport,
  StorageError,
} from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import type { Setting } from "../setting/setting.ts";

/** What was asked of the store. The same in the same order makes the same store, refusals included. */
interface Change {
  readonly commit?: Commit;
  readonly tag?: { readonly name: string; readonly ecsId: string | null };
  readonly prune?: PrunePolicy;
  readonly redact?: string;
  readonly clear?: true;
}

export class JournalStorage extends MemoryStorage {
  override readonly capabilities = Object.freeze({ durable: true, sharedBetweenProcesses: false });
  readonly #file: FileHandle;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  static async open(path: string): Promise<JournalStorage> {
    const file = await open(path, "a+");
    const bytes = await file.readFile();
    const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
    await file.truncate(whole.length); // a line that was not finished was never acknowledged
    const storage = new JournalStorage(file);
    for (const line of whole.toString().split("\n").slice(0, -1)) await storage.#carryOut(line).catch(ignoreRefusal);
    return storage;
  }

  override async commit(commit: Commit): Promise<CommitOutcome> {
    checkCommit(commit);
    for (const { ecsId, payload } of commit.versions) if (payload !== null) payloadText(payload, ecsId); // refused here rather than halfway
    return (await this.#write({ commit })).commit ?? { status: "committed" };
  }

  override async tag(name: string, ecsId: string | null): Promise<void> {
    await this.#write({ tag: { name, ecsId } });
  }

  override async prune(policy: PrunePolicy): Promise<PruneReport> {
    checkPrunePolicy(policy);
    if (policy.dryRun === true) return super.prune(policy);
    return (await this.#write({ prune: policy })).prune ?? { pruned: 0, kept: 0 };
  }

  override async redact(lineageId: string): Promise<number> {
    return (await this.#write({ redact: lineageId })).redact ?? 0;
  }

  override async clear(): Promise<void> {
    await this.#write({ clear: true });
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    await super.close();
    await this.#file.close();
  }

  /** First the file, then memory, one change after another; what the file refuses is not done. */
  async #write(change: Change) {
    if (this.#closed) throw new StorageError("closed", "The journal is closed");
    const line = JSON.stringify(change);
    const done = this.#last.then(async () => {
      await this.#file.appendFile(`${line}\n`);
      await this.#file.datasync();
      return this.#carryOut(line);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #carryOut(line: string): Promise<{ readonly commit?: CommitOutcome; readonly prune?: PruneReport; readonly redact?: number }> {
    const { clear, commit, prune, redact, tag }: Change = JSON.parse(line);
    if (commit !== undefined) return { commit: await super.commit({ ...commit, createdAt: new Date(commit.createdAt) }) };
    if (prune !== undefined) {
      const { newerThan, ...policy } = prune;
      return { prune: await super.prune(newerThan === undefined ? policy : { ...policy, newerThan: new Date(newerThan) }) };
    }
    if (redact !== undefined) return { redact: await super.redact(redact) };
    if (tag !== undefined) await super.tag(tag.name, tag.ecsId);
    if (clear === true) await super.clear();
    return {};
  }
}

function ignoreRefusal(error: unknown): void {
  if (!StorageError.is(error)) throw error;
}

export async function customStorage({ answerOf, client, clients, directory, model, print }: Setting): Promise<void> {
  const path = join(directory, "journal.jsonl");
  const registry = new EntityRegistry(await JournalStorage.open(path));
  const thread = ChatThread.create({ llmConfig: LLMConfig.create({ client, model }), newMessage: "Say something worth keeping." });
  const [outcome] = await new InferenceOrchestrator({ registry, clients }).runParallel([thread]);
  if (outcome?.status !== "completed") print(answerOf(outcome));
  await registry.close();

  const again = new EntityRegistry(await JournalStorage.open(path)); // as another process would
  const kept = await again.get(ChatThread, thread.ecsId);
  for (const { content, role } of kept.history) print(`${role}: ${content}`);
  const { commits, versions } = await again.storage.statistics();
  print(`${commits} commits, ${versions} versions, read back from ${path.slice(directory.length + 1)}`);
  await again.close();
}
