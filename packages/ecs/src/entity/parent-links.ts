import type { EntityState } from "./entity-state.ts";

/** One place where an entity is held. The holder is only weakly known, so that it can be forgotten. */
export interface ParentLink {
  readonly holder: WeakRef<EntityState>;
  readonly field: string;
  slot: string;
}

/** The places that hold an entity; most have one, a shared configuration may have thousands. */
export class ParentLinks {
  #single: ParentLink | null = null;
  #byHolder: Map<WeakRef<EntityState>, ParentLink[]> | null = null;

  add(link: ParentLink): void {
    if (this.#byHolder === null) {
      if (this.#single === null) {
        this.#single = link;
        return;
      }
      this.#byHolder = new Map([[this.#single.holder, [this.#single]]]);
      this.#single = null;
    }
    const links = this.#byHolder.get(link.holder);
    if (links === undefined) this.#byHolder.set(link.holder, [link]);
    else links.push(link);
  }

  /** Forgets one place; says whether the holder still has the entity elsewhere. */
  remove(holder: WeakRef<EntityState>, field: string, slot: string): boolean {
    if (this.#byHolder === null) {
      const single = this.#single;
      if (single?.holder === holder && single.field === field && single.slot === slot) this.#single = null;
      return false;
    }
    const links = this.#byHolder.get(holder);
    const index = links?.findIndex((link) => link.field === field && link.slot === slot) ?? -1;
    if (links === undefined || index < 0) return links !== undefined;
    links.splice(index, 1);
    if (links.length > 0) return true;
    this.#byHolder.delete(holder);
    return false;
  }

  /** The places of one holder. */
  heldBy(holder: WeakRef<EntityState>): readonly ParentLink[] {
    if (this.#byHolder !== null) return this.#byHolder.get(holder) ?? [];
    return this.#single?.holder === holder ? [this.#single] : [];
  }

  /** The holders that are still alive, each once; drops those that are gone. */
  holders(): EntityState[] {
    if (this.#byHolder === null) {
      const state = this.#single?.holder.deref();
      if (state === undefined) this.#single = null;
      return state === undefined ? [] : [state];
    }
    const alive: EntityState[] = [];
    for (const holder of this.#byHolder.keys()) {
      const state = holder.deref();
      if (state === undefined) this.#byHolder.delete(holder);
      else alive.push(state);
    }
    return alive;
  }
}
