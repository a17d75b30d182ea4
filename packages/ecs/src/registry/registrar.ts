import type { EntityState } from "../entity/entity-state.ts";
import { systemTime } from "../identity/default-identity.ts";
import { uuidV7Source } from "../identity/uuid-v7.ts";
import type { LifeCycle } from "../observe/life-cycle.ts";
import type { Commit, CommitOutcome, StaleParentPolicy } from "../storage/commit.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import { CommitPlan } from "./commit-plan.ts";
import { CommitQueue, type FlightOutcome } from "./commit-queue.ts";
import { ConflictReader } from "./conflict-reader.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import { Home } from "./home.ts";
import type { RegisterOptions, Registration, RegistryOptions } from "./registry-options.ts";
import { UnansweredCommits } from "./unanswered-commits.ts";

/** How states are registered. */
export type StateRegisterOptions = Omit<RegisterOptions, "onConflict" | "resolve"> & {
  readonly onConflict: StaleParentPolicy;
  /** The second parents of versions that are merges. */
  readonly mergedFrom?: ReadonlyMap<EntityState, string>;
};

/** Plans, queues and stores new versions. */
export class Registrar {
  readonly #storage: EntityStorage;
  readonly #catalog: EntityCatalog;
  readonly #conflicts: ConflictReader;
  readonly #lifeCycle: LifeCycle;
  readonly #queue = new CommitQueue();
  readonly #actor: string | null;
  readonly #now: () => Date;
  readonly #newId: () => string;
  /** Stands for the registry in the entities that belong to it. */
  home = new Home();
  #clearing: Promise<void> | null = null;
  readonly #unanswered: UnansweredCommits;

  constructor(
    storage: EntityStorage,
    catalog: EntityCatalog,
    lifeCycle: LifeCycle,
    { actor, newId, now }: Pick<RegistryOptions, "actor" | "newId" | "now">,
  ) {
    this.#storage = storage;
    this.#catalog = catalog;
    this.#conflicts = new ConflictReader(storage, catalog);
    this.#unanswered = new UnansweredCommits(storage, (ecsIds) => this.#conflicts.read(ecsIds, this.home));
    this.#lifeCycle = lifeCycle;
    this.#actor = actor ?? null;
    this.#now = now ?? systemTime;
    this.#newId = newId ?? uuidV7Source(now === undefined ? Date.now : () => now().getTime());
  }

  /** Stores what changed below some states, as it is at the moment of the call, in one commit; made anew when one it builds on fails. */
  async register(roots: readonly EntityState[], options: StateRegisterOptions): Promise<Registration> {
    for (;;) {
      while (this.#clearing !== null || !this.#unanswered.isEmpty) {
        if (this.#clearing !== null) await this.#clearing.catch(ignore);
        else await this.#settleUnanswered();
      }
      const { onConflict, mergedFrom } = options;
      const createdAt = this.#now();
      const commitId = this.#newId();
      const plan = CommitPlan.make(roots, {
        onConflict,
        mergedFrom,
        createdAt,
        newId: this.#newId,
        home: this.home,
        catalog: this.#catalog,
      });
      const ecsIds = roots.map(({ planned }) => planned?.ecsId ?? "");
      if (plan === null) {
        if (await this.#settled(roots)) return { status: "unchanged", commitId: null, versions: 0, ecsIds };
        continue;
      }
      const { versions } = plan;
      const commit = {
        id: commitId,
        createdAt,
        actor: options.actor ?? this.#actor,
        message: options.message ?? null,
        idempotencyKey: options.idempotencyKey ?? null,
        versions,
      };
      const outcome = await this.#send(plan, commit, ecsIds);
      if (outcome.status === "committed") return { status: "committed", commitId, versions: versions.length, ecsIds };
      if (outcome.status === "duplicate") {
        return { status: "duplicate", commitId: outcome.commitId, versions: 0, ecsIds: [] };
      }
    }
  }

  async #send(plan: CommitPlan, commit: Commit, roots: readonly string[]): Promise<Exclude<FlightOutcome, { status: "conflict" }>> {
    let outcome: FlightOutcome;
    const { home } = this;
    try {
      outcome = await this.#queue.send(plan, () => this.#store(plan, commit));
      if (outcome.status === "conflict") {
        throw await this.#conflicts.error(outcome.conflicts, commit, { entityOf: (ecsId) => plan.entityOf(ecsId), home });
      }
    } catch (error) {
      this.#lifeCycle.refused(commit.id, roots, error);
      throw error;
    }
    if (outcome.status === "committed") this.#lifeCycle.committed(commit.id, commit.versions);
    return outcome;
  }

  /** Stores a commit. When the store fails it may have done so after all, with only its answer lost: then looks. */
  async #store(plan: CommitPlan, commit: Commit): Promise<CommitOutcome> {
    try {
      return await this.#storage.commit(commit);
    } catch (error) {
      if (await this.#unanswered.isStored({ commit, states: plan.states() })) return { status: "committed" };
      throw error;
    }
  }

  /** Finds out what became of commits that the store did not answer for, once nothing is under way. */
  async #settleUnanswered(): Promise<void> {
    await this.#queue.drained();
    await this.#unanswered.settle();
  }

  /** Empties the store after what is on its way to it; what is registered meanwhile waits. */
  async clear(): Promise<void> {
    this.#clearing ??= this.#clear();
    await this.#clearing;
  }

  async #clear(): Promise<void> {
    try {
      await this.#queue.drained();
      await this.#storage.clear();
      this.#unanswered.clear();
      this.home.cleared = true;
      this.home = new Home();
    } finally {
      this.#clearing = null;
    }
  }

  /** How many commits are on their way to the store. */
  get underWay(): number {
    return this.#queue.size;
  }

  /** Waits until everything that was asked for is stored or refused. */
  async drained(): Promise<void> {
    await this.#queue.drained();
  }

  /** Waits for versions of entities that are on their way; tells whether all of them were stored. */
  async #settled(states: readonly EntityState[]): Promise<boolean> {
    const landed = await Promise.all(states.map((state) => this.#queue.landed(state)));
    return landed.every(Boolean);
  }
}

function ignore(): void {}
