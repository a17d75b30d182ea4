import type { EntityState } from "./entity-state.ts";

/** One place where an entity is held. The holder is only weakly known, so that it can be forgotten. */
export interface ParentLink {
  readonly holder: WeakRef<EntityState>;
  readonly field: string;
  readonly slot: string;
}

const fewHolders = 64;

/** Many places, by holder. Holders that are gone are swept out whenever their number has doubled. */
class LinksByHolder extends Map<WeakRef<EntityState>, ParentLink[]> {
  #sweepAt = fewHolders;

  sweep(): void {
    if (this.size < this.#sweepAt) return;
    for (const holder of this.keys()) if (holder.deref() === undefined) this.delete(holder);
    this.#sweepAt = Math.max(fewHolders, this.size * 2);
  }
}

/** The places that hold an entity: none, one, which most have, or many, as a shared configuration may. */
export type ParentLinks = null | ParentLink | LinksByHolder;

/** Adds a place, and returns what stands for all of them now. */
export function addLink(links: ParentLinks, link: ParentLink): ParentLinks {
  if (links === null) return link;
  const byHolder = links instanceof LinksByHolder ? links : new LinksByHolder([[links.holder, [links]]]);
  const known = byHolder.get(link.holder);
  if (known === undefined) {
    byHolder.sweep();
    byHolder.set(link.holder, [link]);
  } else known.push(link);
  return byHolder;
}

/** Forgets one place, and returns what stands for the rest. */
export function removeLink(links: ParentLinks, holder: WeakRef<EntityState>, field: string, slot: string): ParentLinks {
  if (links === null) return null;
  if (!(links instanceof LinksByHolder)) return links.holder === holder && links.field === field && links.slot === slot ? null : links;
  const known = links.get(holder);
  const index = known?.findLastIndex((link) => link.field === field && link.slot === slot) ?? -1;
  if (known === undefined || index < 0) return links;
  known.splice(index, 1);
  if (known.length === 0) links.delete(holder);
  return links;
}

/** The places of one holder. */
export function linksHeldBy(links: ParentLinks, holder: WeakRef<EntityState>): readonly ParentLink[] {
  if (links === null) return [];
  if (links instanceof LinksByHolder) return links.get(holder) ?? [];
  return links.holder === holder ? [links] : [];
}

/** The holders that are still alive, each once; drops those that are gone from a map. */
export function liveHolders(links: ParentLinks): EntityState[] {
  if (links === null) return [];
  if (!(links instanceof LinksByHolder)) {
    const state = links.holder.deref();
    return state === undefined ? [] : [state];
  }
  const alive: EntityState[] = [];
  for (const holder of links.keys()) {
    const state = holder.deref();
    if (state === undefined) links.delete(holder);
    else alive.push(state);
  }
  return alive;
}
