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
  const names = laws.map((law) => law.name);
  describe(`${name} keeps the storage contract`, () => {
    for (const law of laws) {
      const reason = gaps.get(law.name);
      const title = reason === undefined ? law.name : `known gap, must fail (${reason}): ${law.name}`;
      // oxlint-disable-next-line vitest/valid-title -- each law is named by a string
      test(title, { timeout: 300_000 }, async () => {
        const failure = await checkLaw(options, law).then(
          () => null,
          (error: unknown) => ({ error }),
        );
        if (reason === undefined && failure !== null) throw failure.error;
        expect(failure === null, "a gap that is closed must no longer be declared").toBe(reason === undefined);
      });
    }
    test("every known gap names a law, and has a reason", () => {
      expect(names).toEqual(expect.arrayContaining([...gaps.keys()]));
      for (const reason of gaps.values()) expect(reason.trim()).not.toBe("");
    });
  });
}

/** Checks one law on a new store of the backend and removes the store; throws when the law is broken. */
export async function checkLaw(factory: StorageFactory, law: Law): Promise<void> {
  const opened = await factory.open();
  try {
    await law.check(opened, factory.randomShare ?? 1);
  } finally {
    await opened.close();
  }
}
