import type { EntityState } from "../entity/entity-state.ts";
import type { Commit } from "../storage/commit.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import { rebaseOnto } from "./adopt-version.ts";

/** A commit that the store may hold or not. */
interface Unanswered {
  readonly commit: Commit;
  /** Whose versions it holds, by `ecsId`. */
  readonly states: ReadonlyMap<string, EntityState>;
}

/**
 * The commits that failed when the store could not be asked whether it has them after all. Memory is as if it had not; before anything
 * else is planned that has to be found out, since what was stored once can't be stored again.
 */
export class UnansweredCommits {
  readonly #storage: EntityStorage;
  readonly #read: (ecsIds: readonly string[]) => Promise<readonly EntityState[]>;
  readonly #unanswered = new Set<Unanswered>();
  #asking: Promise<void> | null = null;

  /** @param read loads versions with all they refer to */
  constructor(storage: EntityStorage, read: (ecsIds: readonly string[]) => Promise<readonly EntityState[]>) {
    this.#storage = storage;
    this.#read = read;
  }

  /** Asks the store whether it holds a commit that failed; keeps the question for later when that can't be told. */
  async isStored(unanswered: Unanswered): Promise<boolean> {
    try {
      return await this.#ask(unanswered);
    } catch {
      this.#unanswered.add(unanswered);
      return false;
    }
  }

  get isEmpty(): boolean {
    return this.#unanswered.size === 0;
  }

  clear(): void {
    this.#unanswered.clear();
  }

  /**
   * Asks for all of them. Entities whose commit was stored take its versions on, and what they show beyond these is an edit. Nothing may be
   * under way meanwhile.
   */
  async settle(): Promise<void> {
    this.#asking ??= this.#settle().finally(() => {
      this.#asking = null;
    });
    await this.#asking;
  }

  async #settle(): Promise<void> {
    for (const unanswered of this.#unanswered) {
      if (await this.#ask(unanswered)) {
        const stored = await this.#read(Array.from(unanswered.states.keys()));
        const came = Array.from(unanswered.states.values(), (state, index) => [stored[index] ?? state, state] as const);
        // What was new may have been registered elsewhere since.
        rebaseOnto(new Map(came.filter(([version, state]) => state.home === null || state.home === version.home)));
      }
      this.#unanswered.delete(unanswered);
    }
  }

  async #ask({ commit }: Unanswered): Promise<boolean> {
    const [first] = commit.versions;
    const headers = first === undefined ? [] : await this.#storage.loadHeaders([first.ecsId]);
    return headers.some(({ commitId }) => commitId === commit.id);
  }
}
