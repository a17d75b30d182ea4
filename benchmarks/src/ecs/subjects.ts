import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import equal from "fast-deep-equal";
import { produce } from "immer";
import { create } from "mutative";
import { counts, entityTree, pathTo, type PlainNode, type Shape, type TreeNode } from "./trees.ts";

/** A way to keep versions of a tree that is edited. */
export interface Subject {
  /** Adds one to the count of a node and makes a new version of the tree, keeping the old one. */
  editAndFork(index: number): Promise<void> | void;
  /** Tells whether there is something to make a version of. */
  hasChanges(): boolean;
  counts(): number[];
}

/** A store that takes everything and keeps nothing, so that only the work in memory is measured. */
function forgetfulStorage(): EntityStorage {
  const storage = new MemoryStorage();
  return new Proxy<EntityStorage>(storage, {
    get: (target, key) => (key === "commit" ? async () => ({ status: "committed" }) : Reflect.get(target, key, target)),
  });
}

export async function minferenceSubject(plain: PlainNode, shape: Shape): Promise<Subject & { root: TreeNode }> {
  const registry = new EntityRegistry(forgetfulStorage());
  const root = entityTree(plain);
  await registry.register(root);
  const nodeAt = (index: number): TreeNode => {
    let node = root;
    for (const place of pathTo(index, shape)) node = node.children[place] ?? node;
    return node;
  };
  return {
    root,
    async editAndFork(index) {
      nodeAt(index).count += 1;
      await registry.register(root);
    },
    hasChanges: () => root.hasModifications(),
    counts: () => counts(root),
  };
}

function editPath(draft: PlainNode, index: number, shape: Shape): void {
  let node = draft;
  for (const place of pathTo(index, shape)) node = node.children[place] ?? node;
  node.count += 1;
}

export function immerSubject(plain: PlainNode, shape: Shape): Subject {
  let current = structuredClone(plain);
  let last = current;
  return {
    editAndFork(index) {
      current = produce(current, (draft) => editPath(draft, index, shape));
      last = current;
    },
    hasChanges: () => current !== last,
    counts: () => counts(current),
  };
}

export function mutativeSubject(plain: PlainNode, shape: Shape): Subject {
  let current = structuredClone(plain);
  let last = current;
  return {
    editAndFork(index) {
      current = create(current, (draft) => editPath(draft, index, shape));
      last = current;
    },
    hasChanges: () => current !== last,
    counts: () => counts(current),
  };
}

export function cloneSubject(plain: PlainNode, shape: Shape): Subject {
  const current = structuredClone(plain);
  let last = structuredClone(plain);
  return {
    editAndFork(index) {
      editPath(current, index, shape);
      if (!equal(current, last)) last = structuredClone(current);
    },
    hasChanges: () => !equal(current, last),
    counts: () => counts(current),
  };
}
