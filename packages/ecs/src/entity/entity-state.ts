import type { EntityDefinition } from "../definition/entity-definition.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { Home } from "../registry/home.ts";
import { draftId } from "../identity/default-identity.ts";
import { embeddedStates } from "./composite.ts";
import type { Container } from "./container.ts";
import { addLink, linksHeldBy, liveHolders, type ParentLink, type ParentLinks, removeLink } from "./parent-links.ts";
import { unmade } from "./unmade-collection.ts";
import { type FieldRecord, readField, type Stateful, stateOf, writeField } from "./stateful.ts";

/** Who a version is. */
export interface VersionIdentity {
  readonly ecsId: string;
  readonly parentId: string | null;
  readonly createdAt: Date;
}

/** Who a stored version is, and of which lineage. */
export interface StoredIdentity extends VersionIdentity {
  readonly lineageId: string;
}

/** What entities have under way that have nothing under way. */
export const noFlights: readonly Flight[] = [];
const noContainers: readonly Container[] = [];
const noChildren: readonly (readonly [slot: string, child: EntityState])[] = [];

/** A plan on its way to the store. */
export interface Flight {
  /** Ends once the plan is stored or rolled back; tells which. */
  readonly landed: Promise<boolean>;
}

/** Says that the values of the last version are those of the moment: nothing was written since. */
export const asNow: unique symbol = Symbol("values of the moment");

const flag = { tracked: 1, fromStorage: 2, frozen: 4, wasUpcast: 8, ownDirty: 16 } as const;

/** Tells whether a field holds nothing. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/**
 * What stands behind an entity: its field values, its versions, and who holds it.
 *
 * A state is flagged when it or something below it may differ from the last version. The law that makes asking cheap: a
 * flagged state stands among the flagged children of each of its holders, with the version they knew of it.
 */
export class EntityState {
  readonly definition: EntityDefinition;
  readonly entity: Stateful;
  /** When it was made, in milliseconds; when the version was stored that it was loaded from. */
  readonly draftedAt: Date | number;
  /** The values of the last version, copied before the first edit after it; `null` while there is none. */
  baseline: FieldRecord | typeof asNow | null = null;
  /** The last version, stored or on its way to the store. */
  planned: VersionIdentity | null = null;
  /** The last version that is stored. */
  committed: VersionIdentity | null = null;
  /** The plans under way that made versions of it. */
  flights: readonly Flight[] = noFlights;
  /** The registry that its versions belong to; `null` before it was registered. */
  home: Home | null = null;
  flaggedChildren: Map<EntityState, VersionIdentity | null> | null = null;
  /** The versions that entities had in the last version of this one, of those it has let go of since. */
  releasedChildren: Map<EntityState, VersionIdentity | null> | null = null;
  /** Yes and no to some questions, in one number, since there are many entities. */
  #flags: number;
  #containers: (Container | undefined)[] | null = null;
  #parents: ParentLinks = null;
  #self: WeakRef<EntityState> | null = null;
  #draftId: string | null = null;
  #lineageId: string | null = null;
  #liveId: string | null = null;

  constructor(definition: EntityDefinition, entity: Stateful, tracked: boolean, stored: StoredIdentity | null) {
    this.definition = definition;
    this.entity = entity;
    this.draftedAt = stored === null ? Date.now() : stored.createdAt;
    this.#flags = (tracked ? flag.tracked : 0) | (stored === null ? flag.ownDirty : flag.fromStorage);
    if (stored !== null) {
      this.#lineageId = stored.lineageId;
      this.planned = stored;
      this.committed = stored;
    }
  }

  /** Whether it knows who holds it, which only matters for what can be edited. */
  get tracked(): boolean {
    return (this.#flags & flag.tracked) !== 0;
  }

  get fromStorage(): boolean {
    return (this.#flags & flag.fromStorage) !== 0;
  }

  /** Whether it refuses edits. */
  get frozen(): boolean {
    return (this.#flags & flag.frozen) !== 0;
  }

  set frozen(is: boolean) {
    this.#flags = is ? this.#flags | flag.frozen : this.#flags & ~flag.frozen;
  }

  /** Whether the last version was stored with an older schema, so that its payload can't be shared any more. */
  get wasUpcast(): boolean {
    return (this.#flags & flag.wasUpcast) !== 0;
  }

  set wasUpcast(is: boolean) {
    this.#flags = is ? this.#flags | flag.wasUpcast : this.#flags & ~flag.wasUpcast;
  }

  get ownDirty(): boolean {
    return (this.#flags & flag.ownDirty) !== 0;
  }

  set ownDirty(is: boolean) {
    this.#flags = is ? this.#flags | flag.ownDirty : this.#flags & ~flag.ownDirty;
  }

  /** The value of a field. */
  valueOf(field: FieldDefinition): unknown {
    return readField(this.entity, field.index);
  }

  /** The value that a field had in the last version; `undefined` when there is none. */
  valueBefore(field: FieldDefinition): unknown {
    if (this.baseline === asNow) return this.valueOf(field);
    return this.baseline?.[field.index];
  }

  /** Makes given values, by the index of their fields, those of the last version. */
  rebase(values: readonly unknown[]): void {
    for (const { index } of this.definition.fields) writeField(this.entity, index, values[index]);
    this.baseline = asNow;
  }

  get ecsId(): string {
    return this.committed?.ecsId ?? this.firstId(draftId);
  }

  /** The id of the first version, taken from the given source unless it was asked for before. */
  firstId(source: () => string): string {
    this.#draftId ??= source();
    return this.#draftId;
  }

  get lineageId(): string {
    return this.lineageFrom(draftId);
  }

  lineageFrom(source: () => string): string {
    this.#lineageId ??= source();
    return this.#lineageId;
  }

  get liveId(): string {
    this.#liveId ??= draftId();
    return this.#liveId;
  }

  get weak(): WeakRef<EntityState> {
    this.#self ??= new WeakRef(this);
    return this.#self;
  }

  get isFlagged(): boolean {
    return this.ownDirty || (this.flaggedChildren?.size ?? 0) > 0;
  }

  /** Comes before each edit. */
  beginEdit(field: FieldDefinition): void {
    if (this.frozen) {
      throw new EntityError(
        "frozen",
        `${field.path}: this is a cold snapshot of version ${this.ecsId}; load a warm copy with registry.get to edit it`,
      );
    }
    this.markDirty();
  }

  markDirty(): void {
    if (this.ownDirty) return;
    const flagged = this.isFlagged;
    this.ownDirty = true;
    if (!flagged) this.flagHolders();
  }

  /** Tells all who hold this state, and who hold them, that something below them may have changed. */
  flagHolders(): void {
    const stack: EntityState[] = [this];
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      for (const holder of liveHolders(state.#parents)) {
        if (holder.flaggedChildren?.has(state) === true) continue;
        const flagged = holder.isFlagged;
        holder.flagChild(state, state.planned);
        if (!flagged) stack.push(holder);
      }
    }
  }

  flagChild(child: EntityState, knownAs: VersionIdentity | null): void {
    this.flaggedChildren ??= new Map();
    this.flaggedChildren.set(child, knownAs);
  }

  unflag(): void {
    this.ownDirty = false;
    this.flaggedChildren = null;
    this.releasedChildren = null;
  }

  attach(child: EntityState, field: string, slot: string): void {
    if (!this.tracked) return;
    child.#parents = addLink(child.#parents, { holder: this.weak, field, slot });
    if (this.flaggedChildren?.has(child) === true) return;
    const knownAs = this.releasedChildren?.get(child) ?? child.planned;
    if (child.isFlagged || knownAs !== child.planned) this.flagChild(child, knownAs);
  }

  detach(child: EntityState, field: string, slot: string): void {
    child.#parents = removeLink(child.#parents, this.weak, field, slot);
    if (this.linksTo(child).length > 0) return;
    if (this.planned !== null) this.remember(child, this.flaggedChildren?.get(child) ?? child.planned);
    this.flaggedChildren?.delete(child);
  }

  /** Refuses edits from now on, and hears no more of what it refers to. */
  release(): void {
    this.frozen = true;
    for (const field of this.definition.referenceFields) {
      for (const [slot, child] of this.childrenOf(field)) child.#parents = removeLink(child.#parents, this.weak, field.name, slot);
    }
    this.flaggedChildren = null;
  }

  /** Keeps in mind which version of a child the last version holds, in case the child comes back. */
  remember(child: EntityState, knownAs: VersionIdentity | null): void {
    this.releasedChildren ??= new Map();
    if (!this.releasedChildren.has(child)) this.releasedChildren.set(child, knownAs);
  }

  /** The places where this state holds a child. */
  linksTo(child: EntityState): readonly ParentLink[] {
    return linksHeldBy(child.#parents, this.weak);
  }

  /** The containers of its fields that were used so far. */
  containers(): readonly Container[] {
    return this.#containers === null ? noContainers : this.#containers.filter((container) => container !== undefined);
  }

  containerOf(field: FieldDefinition): Container | undefined {
    return this.#containers?.[field.index];
  }

  addContainer(container: Container): void {
    this.#containers ??= [];
    this.#containers[container.field.index] = container;
  }

  /** Puts a value into a field; those of the last version are copied first. */
  writeValue(field: FieldDefinition, value: unknown): void {
    if (this.baseline === asNow) this.baseline = this.definition.fields.map((each) => this.valueOf(each));
    writeField(this.entity, field.index, value);
  }

  /** The entities that a field holds, by slot. */
  childrenOf(field: FieldDefinition): Iterable<readonly [slot: string, child: EntityState]> {
    const value = this.valueOf(field);
    if (!field.holdsEntities || value === unmade || isAbsent(value)) return noChildren;
    if (field.kind === "composite") return embeddedStates(value);
    if (field.kind !== "ref") return this.containerOf(field)?.slots() ?? noChildren;
    const child = stateOf(value);
    return child === undefined ? noChildren : [["", child]];
  }

  /** Tells whether a field differs from the last version; versions of the entities it holds do not count. */
  isFieldModified(field: FieldDefinition): boolean {
    if (this.baseline === null) return true;
    const value = this.valueOf(field);
    const before = this.valueBefore(field);
    const container = this.containerOf(field);
    if (container !== undefined) return isAbsent(value) || isAbsent(before) ? !Object.is(value, before) : container.isModified();
    return !Object.is(value, before) && (field.kind === "ref" || !valuesEqual(value, before));
  }

  /** Tells whether this state itself needs a new version: a field differs, or a child it holds has moved on without it. */
  isModifiedItself(): boolean {
    if (this.planned === null) return true;
    for (const [child, knownAs] of this.flaggedChildren ?? []) if (child.planned !== knownAs) return true;
    return this.hasModifiedFields();
  }

  /** Tells whether a field differs from the last version. */
  hasModifiedFields(): boolean {
    return this.ownDirty && this.definition.fields.some((field) => this.isFieldModified(field));
  }
}
