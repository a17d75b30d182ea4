import { describe, expect, test } from "vitest";
import type { Law, StorageFactory } from "./law.ts";
import { laws } from "./laws.ts";

/** A backend under test, and what it is known not to keep. */
export interface ConformanceOptions extends StorageFactory {
  /** Laws the backend breaks, by name, each with the reason. A gap that no longer fails fails the suite, so that none lingers. */
  readonly gaps?: Readonly<Record<string, string>>;
}

/** Declares a vitest suite that holds a storage backend to every law of the contract, each on a new store. */
export function storageConformance(name: string, options: ConformanceOptions): void {
  const gaps = new Map(Object.entries(options.gaps ?? {}));
  describe(`${name} keeps the storage contract`, () => {
    for (const law of laws) {
      const reason = gaps.get(law.name);
      gaps.delete(law.name);
      if (reason === undefined) test(law.name, { timeout: 30_000 }, () => checkLaw(options, law));
      else test(`known gap, must fail (${reason}): ${law.name}`, { timeout: 30_000 }, () => expect(checkLaw(options, law)).rejects.toThrow());
    }
    if (gaps.size > 0) test("every known gap names a law", () => expect([...gaps.keys()]).toEqual([]));
  });
}

/** Checks one law on a new store of the backend and removes the store; throws when the law is broken. */
export async function checkLaw(factory: StorageFactory, law: Law): Promise<void> {
  const opened = await factory.open();
  try {
    await law.check(opened);
  } finally {
    await opened.close();
  }
}
