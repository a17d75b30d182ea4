import type { EntityStorage } from "@minference/ecs";

/** Who comes when: some calls in a row, and each after the other. */
const turns = [0, 0, 1, 0, 1, 1] as const;

/**
 * Opens a store twice and gives it as one, whose calls go now to the one and now to the other, as those of two processes would. What is called
 * while something is under way goes where that went.
 */
export async function takingTurns(open: () => Promise<EntityStorage>): Promise<EntityStorage> {
  const storages = [await open(), await open()] as const;
  let calls = 0;
  let underWay = 0;
  let current: EntityStorage = storages[0];
  const call = async (name: string | symbol, values: readonly unknown[]): Promise<unknown> => {
    if (underWay === 0) {
      current = storages[turns[calls % turns.length] ?? 0];
      calls += 1;
    }
    underWay += 1;
    try {
      return await invoke(current, name, values);
    } finally {
      underWay -= 1;
    }
  };
  return new Proxy(storages[0], {
    get(first, name): unknown {
      const member: unknown = Reflect.get(first, name);
      if (name === "close") return async () => void (await Promise.all(storages.map((storage) => storage.close())));
      return typeof member === "function" ? (...values: readonly unknown[]) => call(name, values) : member;
    },
  });
}

async function invoke(storage: EntityStorage, name: string | symbol, values: readonly unknown[]): Promise<unknown> {
  const member: unknown = Reflect.get(storage, name);
  if (typeof member !== "function") throw new TypeError(`A store has no ${String(name)}`);
  const result: unknown = await Reflect.apply(member, storage, values);
  return result;
}
